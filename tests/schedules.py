"""Removals on a date as tests make them."""

from datetime import datetime, timedelta
from typing import Unpack

from django.utils import timezone

from organizations.guards.transfer_targets import TransferTo
from organizations.models import Membership, ScheduledRemoval, Source
from organizations.schedule.service import ScheduleOutcome, schedule_removals
from tests.callers import CallerFields, CallerWith


def schedule(
    *members: Membership,
    remove_at: datetime | None = None,
    transfer_to: TransferTo = None,
    **caller: Unpack[CallerFields],
) -> list[ScheduleOutcome]:
    """Schedule the removal of members of one organization, by default for tomorrow."""
    caller.setdefault("source", Source.COMMAND)
    return schedule_removals(
        members[0].organization_id,
        [member.user_id for member in members],
        remove_at=remove_at or timezone.now() + timedelta(days=1),
        transfer_to=transfer_to,
        caller=CallerWith(**caller),
    )


def due(
    member: Membership, *, transfer_to: TransferTo = None, **caller: Unpack[CallerFields]
) -> ScheduledRemoval:
    """Schedule a member's removal for this moment; return the schedule."""
    [outcome] = schedule(member, remove_at=timezone.now(), transfer_to=transfer_to, **caller)
    assert outcome.schedule, outcome.refusal
    return outcome.schedule
