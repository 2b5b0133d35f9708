"""Every statement of a change of a department or a role fails in every way: all or nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from organizations.models import Department, Role
from tests.concurrency import until_nobody_else_is_at_work
from tests.factories import DepartmentFactory, RoleFactory
from tests.organizations.api.lists import address_in
from tests.production import Answer
from tests.proof.faulty_line import DEADLOCK, SERIALIZATION_FAILURE, TIMEOUT, Fault
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.proof.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = "faults, each at one of the statements of a change of a department or role"


@dataclass(frozen=True, slots=True)
class Change:
    """A request, whether it is done, and what the same request is answered afterwards."""

    method: str
    path: str
    body: dict[str, object] | None
    done: int
    again: int
    is_done: Callable[[], bool]

    def ask(self, scene: Scene) -> Answer:
        path = address_in(scene.owner.organization, self.path)
        return scene.server.ask(self.method, path, token=scene.token, body=self.body)


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


def faults() -> Iterator[tuple[str, bool]]:
    """Yield how a statement fails: on the server, or by a cut line before or after it."""
    yield from (("", False), ("", True))
    yield from ((sqlstate, False) for sqlstate in (TIMEOUT, DEADLOCK, SERIALIZATION_FAILURE))


@pytest.mark.parametrize("make", CHANGES, ids=lambda make: make.__name__)
def test_any_statement_fails(
    scene: Scene, tally: Tally, make: Callable[[Scene, str], Change]
) -> None:
    for sqlstate, after in faults():
        answers = set()
        for number in count(1):
            name = f"{sqlstate or 'cut'} {after} {number}"
            assert make(scene, f"{name} before").ask(scene).status < 300  # prepares statements
            change = make(scene, name)
            fault = Fault(number, sqlstate=sqlstate, after=after)
            scene.line.expect(fault)
            answer = change.ask(scene)
            until_nobody_else_is_at_work()
            if not fault.happened.is_set():
                assert (answer.status, change.is_done()) == (change.done, True)
                break
            assert answer.status in {change.done, 503}, answer.body
            done = change.is_done()
            assert done or answer.status == 503
            # The next request works, and tells whether the first was done.
            assert change.ask(scene).status == (change.again if done else change.done)
            assert change.is_done()
            answers.add(answer.status)
            tally(FAULTS)
        assert number > 8
        assert 503 in answers
    assert broken_invariants() == []
