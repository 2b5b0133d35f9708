"""What the database holds of steps and tasks, attacked past the services."""

import pytest
from django.db import transaction
from django.utils import timezone

from organizations.models import OffboardingStep, OffboardingTask, Restoration, Source
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OffboardingTaskFactory,
    OrganizationFactory,
    UserFactory,
)
from tests.organizations.handover.verbs import change
from tests.organizations.restoration.verbs import restore
from tests.programs import connect_program
from tests.refusals import check_deferred, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(db: None) -> OffboardingTask:
    return OffboardingTaskFactory.create()


def update(task: OffboardingTask, **fields: object) -> None:
    OffboardingTask.objects.filter(pk=task.pk).update(**fields)


def test_a_task_is_of_its_removals_organization(task: OffboardingTask) -> None:
    for fields in (
        {"organization_id": OrganizationFactory.create().pk},
        {"removal_id": "rem_unknown"},
    ):
        with refused("task_of_removal"), transaction.atomic():
            OffboardingTask(
                **{
                    "removal_id": task.removal_id,
                    "organization_id": task.organization_id,
                    "key": "other",
                    "title": "A",
                    **fields,
                }
            ).save()


def test_a_key_is_one_in_a_removal(task: OffboardingTask) -> None:
    with refused("task_key_in_removal"):
        OffboardingTaskFactory.create(removal=task.removal, key=task.key)


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "other"},
        {"title": "Other"},
        {"description": "Other"},
        {"due_at": timezone.now()},
        {"removal_id": "rem_a"},
        {"organization_id": "org_a"},
        {"assigned_to_user_id": "usr_a"},
        {"assigned_to_connection_id": "con_a"},
        {"assigned_to_department_id": "dept_a"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_a_task_says_never_changes(task: OffboardingTask, changed: dict[str, object]) -> None:
    with refused("Cannot update rows from organizations_offboardingtask"):
        update(task, **changed)


def test_an_open_task_is_never_deleted(task: OffboardingTask) -> None:
    with refused("Cannot delete rows from organizations_offboardingtask"):
        task.delete()


def test_a_task_is_open_until_it_is_closed_by_one(task: OffboardingTask) -> None:
    user = UserFactory.create()
    system, _ = connect_program(task.organization)
    closed = {"state": "done", "closed_at": timezone.now()}
    for fields, constraint in (
        ({"state": "done"}, "task_is_open_until_it_is_closed"),
        ({"closed_at": timezone.now()}, "task_is_open_until_it_is_closed"),
        ({"closed_by": user}, "task_is_open_until_it_is_closed"),
        ({**closed, "closed_by": user, "closed_by_connection": system}, "task_is_closed_by_one"),
        ({**closed, "state": "gone"}, "task_state_is_known"),
    ):
        with refused(constraint), transaction.atomic():
            update(task, **fields)


def test_a_restoration_alone_cancels(task: OffboardingTask) -> None:
    with refused("cancelled_task_of_undone_removal"), transaction.atomic():
        update(task, state="cancelled", closed_at=timezone.now())
        check_deferred()


@pytest.mark.parametrize("state", ["open", "failed"])
def test_no_restoration_leaves_something_to_be_done(task: OffboardingTask, state: str) -> None:
    if state == "failed":
        update(task, state=state, closed_at=timezone.now())
    member = task.removal.membership

    with refused("a restoration cancels"):
        Restoration.objects.create(
            removal=task.removal,
            membership=MembershipFactory.create(organization=member.organization, user=member.user),
            source=Source.COMMAND,
            roles=[],
            departments=[],
            resource_count=0,
        )


def test_of_an_undone_removal_no_task_changes_but_that_its_note_is_emptied(
    task: OffboardingTask,
) -> None:
    done = OffboardingTaskFactory.create(removal=task.removal)
    change(done, note="A note.")
    restore(task.removal.membership)

    for each in (task, done):
        for changed in (
            {"state": "open", "closed_at": None, "closed_by": None},
            {"note": "Other."},
            {"count": 3},
        ):
            with refused("no task of a removal that was undone"), transaction.atomic():
                update(each, **changed)
        update(each, note="")


def test_an_open_tasks_department_is_of_its_organization() -> None:
    with refused("open_task_department_in_organization"):
        OffboardingTaskFactory.create(assigned_to_department=DepartmentFactory.create())


def test_a_step_says_what_its_organization_has(db: None) -> None:
    step = OffboardingStepFactory.create()
    system, _ = connect_program(OrganizationFactory.create())
    steps = OffboardingStep.objects.filter(pk=step.pk)
    for changed, constraint in (
        ({"key": "other"}, "Cannot update rows"),
        ({"organization": OrganizationFactory.create()}, "Cannot update rows"),
        ({"assigned_to_department": DepartmentFactory.create()}, "step_department_in"),
        ({"assigned_to_connection": system}, "step_connection_in"),
        (
            {"assigned_to_connection": system, "assigned_to_user": UserFactory.create()},
            "step_has_one_assignee",
        ),
        ({"due_days": 366}, "step_is_due_within_a_year"),
        ({"title": ""}, "step_has_a_title"),
        ({"applies_to_type": "No type"}, "applies_to_type_check"),
    ):
        with refused(constraint), transaction.atomic():
            steps.update(**changed)
    with refused("step_key_in_organization"):
        OffboardingStepFactory.create(organization=step.organization, key=step.key)
