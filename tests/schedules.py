"""Removals on a date as tests ask for them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from organizations.guards.targets import TransferTo
from organizations.models import Membership, ScheduledRemoval, Source
from organizations.schedule.service import ScheduleOutcome, schedule_removals
from tests.callers import CallerWith


def schedule(
    *members: Membership,
    remove_at: datetime | None = None,
    transfer_to: TransferTo = None,
    source: Source = Source.COMMAND,
    **caller: Any,
) -> list[ScheduleOutcome]:
    """Schedule the removal of members of one organization; return what became of each."""
    return schedule_removals(
        members[0].organization_id,
        [member.user_id for member in members],
        remove_at=remove_at or timezone.now() + timedelta(days=1),
        transfer_to=transfer_to,
        caller=CallerWith(source=source, **caller),
    )


def due(member: Membership, **asked: Any) -> ScheduledRemoval:
    """Schedule a member's removal for a moment that has come; return the schedule."""
    [outcome] = schedule(member, remove_at=timezone.now(), **asked)
    assert outcome.schedule, outcome.refusal
    return outcome.schedule
