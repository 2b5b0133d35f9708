"""What happens to a due removal at the same moment, on real connections."""

from contextlib import ExitStack

import pytest
from django.db import transaction

from config.request_timeouts import LIMITS
from organizations.exceptions import ScheduledRemovalNotFoundError
from organizations.models import Event, Membership, Removal, ScheduledRemoval, Source
from organizations.schedule.due import carry_out, carry_out_due
from organizations.schedule.service import cancel_scheduled_removal
from tests.callers import CallerWith
from tests.concurrency import all_at_once, in_background, until_somebody_waits_for_a_lock
from tests.factories import MembershipFactory
from tests.removals import codes, remove
from tests.schedules import due
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member() -> Membership:
    owner = MembershipFactory.create(roles=["Owner"])
    return MembershipFactory.create(organization=owner.organization)


def cancelled(member: Membership) -> str:
    """Cancel; tell whether it was."""
    try:
        cancel_scheduled_removal(
            member.organization_id, member.user_id, caller=CallerWith(source=Source.API)
        )
    except ScheduledRemovalNotFoundError:
        return "not found"
    return "cancelled"


@pytest.mark.parametrize("turn", range(5))
def test_of_a_cancellation_and_the_due_moment_one_wins(member: Membership, turn: int) -> None:
    asked = due(member)

    def carry() -> str:
        carry_out(asked.pk)
        return ""

    answer, _ = all_at_once(lambda: cancelled(member), carry)

    member.refresh_from_db()
    asked.refresh_from_db()
    assert (answer, asked.status, member.is_current) in [
        ("cancelled", "cancelled", True),
        ("not found", "done", False),
    ]
    assert Event.objects.filter(type="removal.cancelled").exists() == (answer == "cancelled")


def test_two_workers_at_once_remove_once(member: Membership) -> None:
    asked = due(member)

    all_at_once(lambda: carry_out(asked.pk), lambda: carry_out(asked.pk))

    assert Removal.objects.count() == 1
    assert ScheduledRemoval.objects.get().status == "done"


@pytest.mark.parametrize("turn", range(5))
def test_of_a_removal_and_the_due_moment_one_removes(member: Membership, turn: int) -> None:
    asked = due(member)

    def carry() -> list[str]:
        carry_out(asked.pk)
        return []

    [answer, _] = all_at_once(lambda: codes([remove(member)]), carry)

    asked.refresh_from_db()
    assert Removal.objects.count() == 1
    assert (answer, asked.state) in [
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
    states = [ScheduledRemoval.objects.get(pk=asked.pk).status for asked in (first, second)]
    carry_out_due()

    first.refresh_from_db()
    assert states == ["pending", "done"]
    assert first.status == "done"


def test_what_the_requester_may_do_counts_once_the_member_is_locked(member: Membership) -> None:
    admin = MembershipFactory.create(organization=member.organization, roles=["Admin"])
    asked = due(member, actor=admin.user, source=Source.API)

    def carry() -> None:
        carry_out(asked.pk)

    with ExitStack() as background, transaction.atomic():
        Membership.objects.select_for_update().get(pk=member.pk)
        User.objects.filter(pk=admin.user_id).update(is_active=False)
        background.enter_context(in_background(carry))
        until_somebody_waits_for_a_lock()

    asked.refresh_from_db()
    assert asked.failure == "ORGANIZATION_ACCESS_DENIED"
