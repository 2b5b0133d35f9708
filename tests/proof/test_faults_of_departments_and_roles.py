"""Every statement of a change of a department or a role fails in every way: all or nothing."""

from collections.abc import Callable

import pytest

from organizations.models import Department, Role
from tests.factories import DepartmentFactory, RoleFactory
from tests.proof.changes import Change, assert_all_or_nothing
from tests.proof.figures import Tally
from tests.proof.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = "faults, each at one of the statements of a change of a department or role"


def creating_a_department(scene: Scene, name: str) -> Change:
    made = Department.objects.filter(name=name)
    return Change("POST", "departments", {"name": name}, 201, 409, made.exists)


def renaming_a_department(scene: Scene, name: str) -> Change:
    department = DepartmentFactory.create(organization=scene.owner.organization)
    renamed = Department.objects.filter(name=name)
    path = f"departments/{department.pk}"
    return Change("PATCH", path, {"name": name}, 200, 200, renamed.exists)


def deleting_a_department(scene: Scene, name: str) -> Change:
    department = DepartmentFactory.create(organization=scene.owner.organization)
    there = Department.objects.filter(pk=department.pk)
    path = f"departments/{department.pk}"
    return Change("DELETE", path, None, 204, 404, lambda: not there.exists())


def creating_a_role(scene: Scene, name: str) -> Change:
    body: dict[str, object] = {"name": name, "capabilities": ["manage_billing"]}
    return Change("POST", "roles", body, 201, 409, Role.objects.filter(name=name).exists)


def changing_a_role(scene: Scene, name: str) -> Change:
    role = RoleFactory.create(organization=scene.owner.organization)
    body: dict[str, object] = {"name": name, "capabilities": ["manage_billing"]}
    changed = Role.objects.filter(name=name, capabilities=["manage_billing"])
    return Change("PATCH", f"roles/{role.pk}", body, 200, 200, changed.exists)


def deleting_a_role(scene: Scene, name: str) -> Change:
    role = RoleFactory.create(organization=scene.owner.organization)
    there = Role.objects.filter(pk=role.pk)
    return Change("DELETE", f"roles/{role.pk}", None, 204, 404, lambda: not there.exists())


CHANGES = [
    creating_a_department,
    renaming_a_department,
    deleting_a_department,
    creating_a_role,
    changing_a_role,
    deleting_a_role,
]


@pytest.mark.parametrize("make", CHANGES, ids=lambda make: make.__name__)
def test_any_statement_fails(
    scene: Scene, tally: Tally, make: Callable[[Scene, str], Change]
) -> None:
    assert_all_or_nothing(scene, tally, make, FAULTS)
