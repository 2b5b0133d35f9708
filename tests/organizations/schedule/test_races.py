"""What happens to a due removal at the same moment, on real connections."""

from functools import partial

import pytest
from django.db import transaction
from structlog.testing import capture_logs

from config.request_timeouts import LIMITS
from organizations.models import Event, Membership, Removal, ScheduledRemoval, Source
from organizations.schedule.due import carry_out, carry_out_due
from organizations.schedule.service import cancel_scheduled_removal
from tests.callers import CallerWith
from tests.concurrency import all_at_once, in_background, outcome, result_after
from tests.factories import MembershipFactory
from tests.removals import codes, remove
from tests.schedules import due
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("turn", range(5))
def test_of_a_cancellation_and_the_due_moment_one_wins(member: Membership, turn: int) -> None:
    scheduled = due(member)
    cancel = partial(
        cancel_scheduled_removal, member.organization_id, member.user_id, caller=CallerWith()
    )

    answer, _ = all_at_once(partial(outcome, cancel), partial(carry_out, scheduled.pk))

    member.refresh_from_db()
    scheduled.refresh_from_db()
    assert (answer, scheduled.status, member.is_current) in [
        ("done", "cancelled", True),
        ("SCHEDULED_REMOVAL_NOT_FOUND", "done", False),
    ]
    assert Event.objects.filter(type="removal.cancelled").exists() == (answer == "done")


def test_two_workers_at_once_do_each_due_removal_once(member: Membership) -> None:
    others = MembershipFactory.create_batch(9, organization=member.organization)
    for each in (member, *others):
        due(each)

    with capture_logs() as logs:
        all_at_once(carry_out_due, carry_out_due)

    assert [line for line in logs if line["log_level"] == "error"] == []
    assert set(ScheduledRemoval.objects.values_list("status", flat=True)) == {"done"}
    assert Removal.objects.count() == 10
    assert Event.objects.filter(type="member.removed").count() == 10


@pytest.mark.parametrize("turn", range(5))
def test_of_a_removal_and_the_due_moment_one_removes(member: Membership, turn: int) -> None:
    scheduled = due(member)

    outcomes, _ = all_at_once(partial(remove, member), partial(carry_out, scheduled.pk))

    scheduled.refresh_from_db()
    assert Removal.objects.count() == 1
    assert (codes([outcomes or []]), scheduled.state) in [
        (["removed"], "superseded"),
        (["USER_NOT_FOUND"], "done"),
    ]


def test_a_member_who_is_locked_for_long_keeps_nobody_else_waiting(
    member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "lock_timeout", "50ms")
    first = due(member)
    second = due(MembershipFactory.create(organization=member.organization))

    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=member.pk)
        with in_background(carry_out_due):
            pass
    states = [ScheduledRemoval.objects.get(pk=scheduled.pk).status for scheduled in (first, second)]
    carry_out_due()

    first.refresh_from_db()
    assert states == ["pending", "done"]
    assert first.status == "done"


def test_what_the_requester_may_do_counts_once_the_member_is_locked(member: Membership) -> None:
    admin = MembershipFactory.create(organization=member.organization, roles=["Admin"])
    scheduled = due(member, actor=admin.user, source=Source.API)

    def change() -> None:
        Membership.objects.select_for_update().get(pk=member.pk)
        User.objects.filter(pk=admin.user_id).update(is_active=False)

    result_after(change, partial(carry_out, scheduled.pk))

    scheduled.refresh_from_db()
    assert scheduled.failure == "ORGANIZATION_ACCESS_DENIED"
