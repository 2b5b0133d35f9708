"""Removals on a date as tests ask for them."""

from datetime import datetime, timedelta

from django.utils import timezone

from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.guards.targets import TransferTo
from organizations.models import Membership, ScheduledRemoval, Source
from organizations.schedule.service import ScheduleOutcome, schedule_removals
from tests.callers import CallerWith
from users.models import User


def schedule(
    *members: Membership,
    remove_at: datetime | None = None,
    transfer_to: TransferTo = None,
    actor: User | None = None,
    source: Source = Source.COMMAND,
    authority: frozenset[Capability] = ALL_CAPABILITIES,
    reason: str = "",
) -> list[ScheduleOutcome]:
    """Schedule the removal of members of one organization; return what became of each."""
    return schedule_removals(
        members[0].organization_id,
        [member.user_id for member in members],
        remove_at=remove_at or timezone.now() + timedelta(days=1),
        transfer_to=transfer_to,
        caller=CallerWith(actor=actor, source=source, reason=reason, capabilities=authority),
    )


def due(member: Membership, **asked: object) -> ScheduledRemoval:
    """Schedule a member's removal for a moment that has come; return the schedule."""
    [outcome] = schedule(member, remove_at=timezone.now(), **asked)  # type: ignore[arg-type]
    assert outcome.schedule, outcome.refusal
    return outcome.schedule
