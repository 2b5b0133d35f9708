"""Schedules removals from the confirmation page, with entries in the admin's log."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.admin.models import ADDITION, LogEntry
from django.db import transaction

from organizations.guards.caller import Staff
from organizations.models import Membership, Organization
from organizations.retries import retried
from organizations.schedule.service import ScheduleOutcome, schedule_removals


@retried
@transaction.atomic
def schedule_and_log(
    organization: Organization,
    members: Sequence[Membership],
    *,
    remove_at: datetime,
    transfer_to: str | None,
    caller: Staff,
) -> list[ScheduleOutcome]:
    """Schedule removals and write the admin's log; return the outcomes in order."""
    outcomes = schedule_removals(
        organization.pk,
        [member.user_id for member in members],
        remove_at=remove_at,
        transfer_to=transfer_to,
        caller=caller,
    )
    LogEntry.objects.log_actions(
        caller.actor.pk,
        [outcome.schedule for outcome in outcomes if outcome.schedule],
        ADDITION,
        f"Scheduled, trace id {caller.trace_id}.",
    )
    return outcomes
