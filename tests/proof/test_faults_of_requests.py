"""Every statement of any other change fails in every way: all or nothing, and no wrong answer."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.utils.text import slugify
from procrastinate.contrib.django.models import ProcrastinateJob

from config.timestamps import in_whole_seconds
from organizations.domains.service import set_domains
from organizations.models import (
    Department,
    Event,
    Invitation,
    Membership,
    OffboardingStep,
    OffboardingTask,
    Resource,
    Role,
    RoleAssignment,
)
from tests.factories import (
    DepartmentFactory,
    OffboardingStepFactory,
    OffboardingTaskFactory,
    RoleFactory,
)
from tests.organizations.api.lists import address_in
from tests.production import Answer, token_of
from tests.proof.faults import (
    Change,
    FaultAt,
    Make,
    assert_any_statement_fails,
    each_kind_of_fault,
)
from tests.proof.figures import Tally
from tests.proof.scene import Scene
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

DEPARTMENT_OR_ROLE, STEP_OR_TASK = "a change of a department or role", "a change of a step or task"


def deactivating(scene: Scene, name: str) -> Change:
    member = scene.member()

    def is_deactivated() -> bool:
        member.refresh_from_db()
        owned = Resource.objects.owned_by(member.user_id).count()
        events = Event.objects.filter(user=member.user_id, data__resource_count=2).count()
        assert (member.deactivated_at is not None, owned, events) in {(True, 0, 1), (False, 2, 0)}
        assert member.role_assignments.count() == 2
        return member.deactivated_at is not None

    def since_when() -> dict[str, object]:
        assert member.deactivated_at
        return {"deactivated_at": in_whole_seconds(member.deactivated_at)}

    return Change(
        what="a deactivation",
        ask=partial(scene.deactivate, member),
        is_done=is_deactivated,
        done=200,
        again=422,
        details=since_when,
        statements=(
            *("is the line alive", "token", "capabilities", "BEGIN", "locks", "caller", "state"),
            *("guards", "resources", "membership", "event", "COMMIT"),
            *("user", "roles", "departments"),
        ),
    )


def inviting(scene: Scene, name: str) -> Change:
    organization, address = scene.owner.organization, f"{slugify(name)}@acme.example"
    set_domains(organization.pk, ["acme.example"])
    Invitation.objects.update(created_at="2025-01-01T00:00:00Z")  # else they were too many
    body = {
        "email": address,
        "full_name": "Nora New",
        "role_ids": [organization.roles.get(name="Member").pk],
        "custom_message": address,
    }

    def ask() -> Answer:
        token = token_of(scene.owner.user)  # one that has asked for no invitation yet
        path = address_in(organization, "users/invite/v2")
        return scene.server.ask("POST", path, token=token, body=body)

    def is_invited() -> bool:
        traces = (
            User.objects.filter(email=address).count(),
            Membership.objects.filter(user__email=address).count(),
            RoleAssignment.objects.filter(user__email=address).count(),
            Event.objects.filter(user__email=address).count(),
            Invitation.objects.filter(membership__user__email=address).count(),
            ProcrastinateJob.objects.filter(queue_name="mail", args__message=address).count(),
        )
        assert set(traces) in ({0}, {1}), traces
        return bool(traces[0])

    return Change("an invitation", ask, is_invited, done=201, again=409)


def changing(
    what: str,
    scene: Scene,
    request: tuple[str, str],
    body: dict[str, object] | None,
    statuses: tuple[int, int],
    is_done: Callable[[], bool],
) -> Change:
    """Return a change by the owner; the statuses are those when it is done, and then again."""
    (method, path), (done, again) = request, statuses
    address = address_in(scene.owner.organization, path)
    ask = partial(scene.server.ask, method, address, token=scene.token, body=body)
    return Change(what, ask, is_done, done, again)


def creating_a_department(scene: Scene, name: str) -> Change:
    made = Department.objects.filter(name=name)
    request = ("POST", "departments")
    return changing(DEPARTMENT_OR_ROLE, scene, request, {"name": name}, (201, 409), made.exists)


def renaming_a_department(scene: Scene, name: str) -> Change:
    department = DepartmentFactory.create(organization=scene.owner.organization)
    renamed = Department.objects.filter(name=name)
    request = ("PATCH", f"departments/{department.pk}")
    return changing(DEPARTMENT_OR_ROLE, scene, request, {"name": name}, (200, 200), renamed.exists)


def deleting_a_department(scene: Scene, name: str) -> Change:
    department = DepartmentFactory.create(organization=scene.owner.organization)
    there = Department.objects.filter(pk=department.pk)
    request = ("DELETE", f"departments/{department.pk}")
    return changing(
        DEPARTMENT_OR_ROLE, scene, request, None, (204, 404), lambda: not there.exists()
    )


def creating_a_role(scene: Scene, name: str) -> Change:
    body: dict[str, object] = {"name": name, "capabilities": ["manage_billing"]}
    made = Role.objects.filter(name=name)
    return changing(DEPARTMENT_OR_ROLE, scene, ("POST", "roles"), body, (201, 409), made.exists)


def changing_a_role(scene: Scene, name: str) -> Change:
    role = RoleFactory.create(organization=scene.owner.organization)
    body: dict[str, object] = {"name": name, "capabilities": ["manage_billing"]}
    changed = Role.objects.filter(name=name, capabilities=["manage_billing"])
    request = ("PATCH", f"roles/{role.pk}")
    return changing(DEPARTMENT_OR_ROLE, scene, request, body, (200, 200), changed.exists)


def deleting_a_role(scene: Scene, name: str) -> Change:
    role = RoleFactory.create(organization=scene.owner.organization)
    there = Role.objects.filter(pk=role.pk)
    request = ("DELETE", f"roles/{role.pk}")
    return changing(
        DEPARTMENT_OR_ROLE, scene, request, None, (204, 404), lambda: not there.exists()
    )


def creating_a_step(scene: Scene, name: str) -> Change:
    made = OffboardingStep.objects.filter(title=name)
    body: dict[str, object] = {"key": slugify(name), "title": name, "enabled": False}
    request = ("POST", "offboarding-steps")
    return changing(STEP_OR_TASK, scene, request, body, (201, 409), made.exists)


def changing_a_step(scene: Scene, name: str) -> Change:
    step = OffboardingStepFactory.create(organization=scene.owner.organization, enabled=False)
    changed = OffboardingStep.objects.filter(title=name)
    request = ("PATCH", f"offboarding-steps/{step.key}")
    return changing(STEP_OR_TASK, scene, request, {"title": name}, (200, 200), changed.exists)


def deleting_a_step(scene: Scene, name: str) -> Change:
    step = OffboardingStepFactory.create(organization=scene.owner.organization, enabled=False)
    there = OffboardingStep.objects.filter(pk=step.pk)
    request = ("DELETE", f"offboarding-steps/{step.key}")
    return changing(STEP_OR_TASK, scene, request, None, (204, 404), lambda: not there.exists())


def closing_a_task(scene: Scene, name: str) -> Change:
    task = OffboardingTaskFactory.create(organization=scene.owner.organization)
    body: dict[str, object] = {"state": "done", "note": name, "count": 3}

    def is_closed() -> bool:
        closed = OffboardingTask.objects.closed().filter(pk=task.pk, note=name).count()
        logged = Event.objects.filter(type=Event.Type.TASK_CLOSED, data__task_id=task.pk).count()
        assert (closed, logged) in {(0, 0), (1, 1)}
        return bool(closed)

    request = ("PATCH", f"offboarding-tasks/{task.pk}")
    return changing(STEP_OR_TASK, scene, request, body, (200, 200), is_closed)


def cases() -> Iterator[object]:
    """Yield what makes each change; those of steps and tasks are slow."""
    for make in (
        *(deactivating, inviting),
        *(creating_a_department, renaming_a_department, deleting_a_department),
        *(creating_a_role, changing_a_role, deleting_a_role),
    ):
        yield pytest.param(make, id=make.__name__)
    for make in (creating_a_step, changing_a_step, deleting_a_step, closing_a_task):
        yield pytest.param(make, id=make.__name__, marks=pytest.mark.slow)


@each_kind_of_fault
@pytest.mark.parametrize("make", [*cases()])
def test_any_statement_fails(scene: Scene, tally: Tally, make: Make, fault_at: FaultAt) -> None:
    assert_any_statement_fails(scene, tally, make, fault_at)
