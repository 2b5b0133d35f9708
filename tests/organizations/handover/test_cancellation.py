"""What a restoration makes of the tasks of the removal that it undoes."""

import pytest

from organizations.exceptions import TaskCancelledError
from organizations.handover.closing import State
from organizations.models import Membership, OffboardingTask, Organization
from tests.factories import DepartmentFactory, OffboardingTaskFactory
from tests.organizations.handover.verbs import by, change
from tests.organizations.restoration.verbs import restore, restored
from tests.programs import connect_program
from tests.proof.invariants import broken_invariants

pytestmark = pytest.mark.django_db


def test_a_restoration_cancels_what_is_open_or_failed_and_nothing_changes_any_more(
    organization: Organization, owner: Membership
) -> None:
    task = OffboardingTaskFactory.create(organization=organization)
    department = DepartmentFactory.create(organization=task.organization, name="Payroll")
    failed, done, skipped, departments = (
        OffboardingTaskFactory.create(removal=task.removal, **fields)
        for fields in ({}, {}, {}, {"assigned_to_department": department})
    )
    for each, state in ((failed, State.FAILED), (done, State.DONE), (skipped, State.SKIPPED)):
        change(each, state, note="A note.")

    [outcome] = restore(task.removal.membership, actor=owner.user)

    tasks = OffboardingTask.objects.in_bulk()
    assert [tasks[each.pk].state for each in (task, failed, done, skipped, departments)] == [
        "cancelled",
        "cancelled",
        "done",
        "skipped",
        "cancelled",
    ]
    assert tasks[task.pk].closed_by == owner.user
    assert tasks[departments.pk].department_name == "Payroll"
    assert [each.pk for each in restored(outcome).cancelled_tasks] == [
        task.pk,
        failed.pk,
        departments.pk,
    ]
    for each in (task, failed, done, skipped):
        with pytest.raises(TaskCancelledError) as refused:
            change(each, State.OPEN)
        assert refused.value.details == {
            "task_id": each.pk,
            "removal_id": task.removal_id,
            "restoration_id": restored(outcome).pk,
        }
    assert not change(done, State.DONE, note="A note.")  # the same again
    assert broken_invariants() == []


def test_a_failed_task_that_is_cancelled_keeps_who_said_why_and_when(
    organization: Organization, owner: Membership
) -> None:
    payroll, _ = connect_program(organization)
    task = OffboardingTaskFactory.create(organization=organization, assigned_to_connection=payroll)
    change(task, State.FAILED, note="There is no account.", count=2, caller=by(payroll))
    failed_at = task.closed_at
    assert failed_at

    [outcome] = restore(task.removal.membership, actor=owner.user)

    task.refresh_from_db()
    assert (task.state, task.note, task.count) == ("cancelled", "There is no account.", 2)
    assert (task.closed_by, task.closed_by_connection) == (None, payroll)
    assert task.closed_at == failed_at
    assert restored(outcome).created_at > failed_at
