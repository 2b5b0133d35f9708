"""Plan, report and result count the tasks that removals open and restorations cancel."""

from django.utils import timezone

from organizations.models import Membership, OffboardingTask, Organization
from tests.factories import OffboardingStepFactory, ResourceFactory
from tests.organizations.bulk.command import UNASKED, restore, run, users

State = OffboardingTask.State


def test_the_plan_and_the_report_count_the_tasks_of_each_removal(
    organization: Organization, members: list[Membership]
) -> None:
    OffboardingStepFactory.create_batch(2, organization=organization)
    OffboardingStepFactory.create(organization=organization, applies_to_type="repository")
    ResourceFactory.create(organization=organization, owner=members[0].user, type="repository")
    named = users(*(member.user_id for member in members[:2]))

    planned = run(organization, *named, "--dry-run", "--report", "-")
    done = run(organization, *named, *UNASKED)
    [first, *_] = OffboardingTask.objects.filter(removal__membership=members[0])
    OffboardingTask.objects.filter(pk=first.pk).update(state=State.FAILED, closed_at=timezone.now())
    again = run(organization, *named, *UNASKED)
    planned_again = run(organization, *named, "--dry-run", "--report", "-")

    assert "Tasks to open: 5\n" in planned.errors
    assert "Tasks opened: 5\n" in done.errors
    for each, expected in (
        (planned, [("3", "0"), ("2", "0")]),
        (done, [("3", "0"), ("2", "0")]),
        (again, [("2", "1"), ("2", "0")]),
        (planned_again, [("2", "1"), ("2", "0")]),
    ):
        assert [(row["open_tasks"], row["closed_tasks"]) for row in each.rows] == expected
    assert "Tasks" not in again.errors


def test_the_plan_and_the_report_of_a_restoration_count_the_tasks_that_it_cancels(
    organization: Organization, members: list[Membership]
) -> None:
    OffboardingStepFactory.create_batch(2, organization=organization)
    removal = run(organization, *users(*(m.user_id for m in members[:2])), "--no-input").id
    first, second, *_ = OffboardingTask.objects.filter(removal__membership=members[0])
    for task, state in ((first, State.DONE), (second, State.FAILED)):
        closed = {"state": state, "closed_at": timezone.now()}
        OffboardingTask.objects.filter(pk=task.pk).update(**closed)

    planned = restore(organization, "--run", removal, "--dry-run", "--report", "-")
    done = restore(organization, "--run", removal, *UNASKED)
    again = restore(organization, "--run", removal, *UNASKED)

    assert "Tasks to cancel: 3\n" in planned.errors
    assert "Tasks cancelled: 3\n" in done.errors
    assert "Tasks" not in again.errors
    for each in (planned, done, again):
        assert [row["cancelled_tasks"] for row in each.rows] == ["2", "1"]
