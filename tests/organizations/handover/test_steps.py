"""What a step can say, who makes, changes and deletes steps, and how many there can be."""

from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks
from structlog.testing import capture_logs

from config.api.errors import InvalidFieldsError
from config.errors import ContractError
from organizations.departments.service import delete_department
from organizations.exceptions import (
    ConnectionNotFoundError,
    DepartmentInUseError,
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    StepAlreadyExistsError,
    StepNotFoundError,
    TooManyStepsError,
    UserNotFoundError,
)
from organizations.guards.caller import Operator
from organizations.handover.steps import MOST_STEPS, change_step, create_step, delete_step
from organizations.models import Event, Membership, OffboardingStep, OffboardingTask, Organization
from tests.callers import CallerWith
from tests.deactivations import deactivate
from tests.directories import connect
from tests.factories import DepartmentFactory, MembershipFactory, OffboardingStepFactory
from tests.organizations.handover.verbs import by, removed
from tests.programs import connect_program
from tests.removals import remove

pytestmark = pytest.mark.django_db


def create(organization: Organization, key: str = "laptop", **fields: Any) -> OffboardingStep:
    return create_step(organization.pk, key, **{"title": "A", **fields}, caller=CallerWith())


def test_a_step_is_made_changed_and_deleted_and_tasks_that_were_made_stay(
    organization: Organization,
    owner: Membership,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        step = create_step(organization.pk, "laptop", title=" Lap\u202etop ", caller=by(owner))
        change_step(organization.pk, "laptop", due_days=365, caller=by(owner))
        change_step(organization.pk, "laptop", due_days=365, title="Laptop", caller=by(owner))
        [task] = removed(MembershipFactory.create(organization=organization))
        delete_step(organization.pk, "laptop", caller=by(owner))

    assert [line["event"] for line in logs if "step" in line["event"]] == [
        *("step_created", "step_changed", "step_deleted")
    ]
    assert logs[0]["step_id"] == step.pk
    assert not OffboardingStep.objects.exists()
    task.refresh_from_db()
    assert (task.title, task.state) == ("Laptop", "open")
    assert not Event.objects.filter(type__contains="step").exists()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"description": "x" * 2001}, "description"),
        ({"due_days": -1}, "due_days"),
        ({"due_days": 366}, "due_days"),
        ({"position": -1}, "position"),
        ({"applies_to_type": "No type"}, "applies_to_type"),
        ({"key": "a\x00"}, "key"),
        (
            {"assigned_to_user_id": "usr_a", "assigned_to_department_id": "dept_a"},
            "assigned_to_department_id",
        ),
    ],
    ids=str,
)
def test_what_no_step_says_is_refused_by_its_field(
    organization: Organization, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidFieldsError) as refused:
        create(organization, **fields)

    assert named in refused.value.details
    assert not OffboardingStep.objects.exists()


def test_an_assignee_is_one_of_the_organization_who_can_act(organization: Organization) -> None:
    elsewhere = MembershipFactory.create()
    deactivated, former = MembershipFactory.create_batch(2, organization=organization)
    deactivate(deactivated)
    remove(former)
    directory, _ = connect(organization)
    program, _ = connect_program(elsewhere.organization)
    refusals: list[tuple[str, str, type[ContractError]]] = [
        *(
            ("assigned_to_user_id", member.user_id, UserNotFoundError)
            for member in (elsewhere, deactivated, former)
        ),
        ("assigned_to_department_id", DepartmentFactory.create().pk, DepartmentNotFoundError),
        ("assigned_to_connection_id", program.pk, ConnectionNotFoundError),
        ("assigned_to_connection_id", directory.pk, ConnectionNotFoundError),
        *(("assigned_to_user_id", no_id, UserNotFoundError) for no_id in ("", "x\0")),
        *(("assigned_to_department_id", no_id, DepartmentNotFoundError) for no_id in ("", "x\0")),
        *(("assigned_to_connection_id", no_id, ConnectionNotFoundError) for no_id in ("", "x\0")),
    ]
    step = create(organization)
    for name, value, refusal in refusals:
        fields: dict[str, Any] = {name: value}
        with pytest.raises(refusal):
            create(organization, "badge", **fields)
        with pytest.raises(refusal):
            change_step(organization.pk, step.key, **fields, caller=CallerWith())


@pytest.mark.parametrize(
    "assignee",
    [
        {"assigned_to_user_id": "usr_unknown"},
        {"assigned_to_department_id": "dept_unknown"},
        {"assigned_to_connection_id": "con_unknown"},
    ],
    ids=str,
)
def test_what_is_wrong_with_the_step_itself_is_told_before_its_assignee(
    organization: Organization, assignee: dict[str, Any]
) -> None:
    step = create(organization)

    with pytest.raises(StepNotFoundError):
        change_step(organization.pk, "unknown", **assignee, caller=CallerWith())
    with pytest.raises(StepAlreadyExistsError):
        create(organization, step.key, **assignee)
    for wrong in ({"key": "No slug"}, {"title": "x" * 201}):
        with pytest.raises(InvalidFieldsError):
            create(organization, **{"key": "badge", **wrong, **assignee})


def test_at_most_fifty_are_enabled(organization: Organization) -> None:
    OffboardingStepFactory.create_batch(MOST_STEPS, organization=organization)
    create(organization, "off", enabled=False)

    with pytest.raises(TooManyStepsError):
        create(organization, "on")
    with pytest.raises(TooManyStepsError):
        change_step(organization.pk, "off", enabled=True, caller=CallerWith())

    assert [len(removed(MembershipFactory.create(organization=organization)))] == [MOST_STEPS]
    assert OffboardingTask.objects.order_by("pk").last().pk.endswith("_050")  # type: ignore[union-attr]


@pytest.mark.parametrize("key", ["unknown", "No slug", "a\x00"], ids=repr)
def test_an_unknown_step_is_not_found(organization: Organization, key: str) -> None:
    OffboardingStepFactory.create(key="unknown")

    with pytest.raises(StepNotFoundError):
        change_step(organization.pk, key, title="B", caller=CallerWith())
    with pytest.raises(StepNotFoundError):
        delete_step(organization.pk, key, caller=CallerWith())


def test_steps_take_every_capability(organization: Organization) -> None:
    roles = [organization.roles.create(name="R", capabilities=["remove_users", "manage_users"])]
    caller = by(MembershipFactory.create(organization=organization, roles=roles))
    OffboardingStepFactory.create(organization=organization, key="laptop")

    for act in (
        lambda: create_step(organization.pk, "b", title="B", caller=caller),
        lambda: change_step(organization.pk, "laptop", title="B", caller=caller),
        lambda: delete_step(organization.pk, "laptop", caller=caller),
    ):
        with pytest.raises(InsufficientPermissionsError):
            act()


def test_a_department_that_a_step_names_is_in_use(organization: Organization) -> None:
    department = DepartmentFactory.create(organization=organization)
    create(organization, enabled=False, assigned_to_department_id=department.pk)

    with pytest.raises(DepartmentInUseError, match="in use by 1 step"):
        delete_department(organization.pk, department.pk, caller=Operator())
