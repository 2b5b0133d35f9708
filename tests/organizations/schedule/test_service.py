"""What scheduling and cancelling do, and what they refuse."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations.capabilities import Capability
from organizations.exceptions import ScheduledRemovalNotFoundError
from organizations.guards.caller import Operator
from organizations.models import Event, Membership, ScheduledRemoval, Source
from organizations.schedule.service import cancel_scheduled_removal
from tests.factories import DepartmentFactory, MembershipFactory, OrganizationFactory
from tests.removals import remove
from tests.schedules import schedule


def cancel(member: Membership) -> None:
    """Cancel what is pending of a member."""
    cancel_scheduled_removal(member.organization_id, member.user_id, caller=Operator())


def test_a_schedule_says_who_asked_for_what_and_removes_nobody(
    owner: Membership, member: Membership
) -> None:
    department = DepartmentFactory.create(organization=owner.organization)

    [outcome] = schedule(
        member, transfer_to=department.pk, actor=owner.user, source=Source.API, reason="Contract"
    )

    assert outcome.schedule
    kept = ScheduledRemoval.objects.get()
    member.refresh_from_db()
    assert (kept.requested_by, kept.source, kept.reason) == (owner.user, "api", "Contract")
    assert (kept.transferred_to, kept.state) == (department, "pending")
    assert member.is_current
    event = Event.objects.get(type="removal.scheduled")
    assert event.data["scheduled_removal_id"] == kept.pk
    assert event.reason == ""


def test_whoever_could_not_be_removed_gets_no_schedule_and_the_others_do(
    owner: Membership, member: Membership
) -> None:
    stranger = Membership(organization=owner.organization, user_id="usr_nobody")

    outcomes = schedule(owner, stranger, member, capabilities=frozenset({Capability.REMOVE_USERS}))

    codes = [outcome.refusal and outcome.refusal.code for outcome in outcomes]
    assert codes == ["INSUFFICIENT_PERMISSIONS", "USER_NOT_FOUND", None]


def test_a_last_owner_can_be_scheduled_since_there_may_be_another_by_then(
    owner: Membership,
) -> None:
    [outcome] = schedule(owner)

    assert outcome.schedule


@pytest.mark.parametrize("target", ["dept_elsewhere", "usr_elsewhere"])
def test_nothing_is_scheduled_to_pass_to_whom_the_organization_does_not_have(
    member: Membership, target: str
) -> None:
    [outcome] = schedule(member, transfer_to=target)

    assert outcome.refusal
    assert outcome.refusal.status == 404


def test_a_cancelled_one_stays_on_record_and_another_can_follow(member: Membership) -> None:
    schedule(member)

    cancel(member)

    assert ScheduledRemoval.objects.get().status == "cancelled"
    assert Event.objects.filter(type="removal.cancelled", user=member.user).exists()
    [again] = schedule(member)
    assert again.schedule


def test_a_membership_that_ended_otherwise_has_superseded_its_schedule(
    owner: Membership, member: Membership
) -> None:
    schedule(member)

    remove(member)

    kept = ScheduledRemoval.objects.select_related("membership").get()
    assert (kept.status, kept.state) == ("pending", "superseded")
    assert not ScheduledRemoval.objects.pending().exists()
    with pytest.raises(ScheduledRemovalNotFoundError):
        cancel(member)


def test_of_many_the_number_of_statements_is_the_same(owner: Membership) -> None:
    def statements(number: int) -> int:
        members = MembershipFactory.create_batch(number, organization=owner.organization)
        with CaptureQueriesContext(connection) as queries:
            schedule(*members)
        return len(queries)

    assert statements(1) == statements(20)


@pytest.mark.parametrize(
    "change", [{"remove_at": timezone.now()}, {"reason": "Another"}, {"trace_id": "other"}]
)
def test_the_database_lets_nobody_change_what_was_asked_for(
    member: Membership, change: dict[str, object]
) -> None:
    schedule(member)

    with pytest.raises(Exception, match="Cannot"), transaction.atomic():
        ScheduledRemoval.objects.update(**change)


def test_the_database_makes_it_the_memberships_organizations(member: Membership) -> None:
    made = ScheduledRemoval.objects.create(
        organization=OrganizationFactory.create(),
        membership=member,
        remove_at=timezone.now() + timedelta(days=1),
        source=Source.COMMAND,
    )

    made.refresh_from_db()
    assert made.organization_id == member.organization_id


def test_the_database_holds_one_pending_one_a_membership(member: Membership) -> None:
    schedule(member)

    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduledRemoval.objects.create(
            organization=member.organization,
            membership=member,
            remove_at=timezone.now(),
            source=Source.COMMAND,
        )
