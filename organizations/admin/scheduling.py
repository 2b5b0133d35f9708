"""Schedules removals from the confirmation page, with entries in the admin's log."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.admin.models import ADDITION, LogEntry
from django.db import transaction

from organizations.capabilities import ALL_CAPABILITIES
from organizations.exceptions import CannotScheduleYourselfError
from organizations.models import Membership, Organization, Source
from organizations.retries import retried
from organizations.schedule.service import ScheduleOutcome, schedule_removals
from users.models import User


@retried
@transaction.atomic
def schedule_and_log(
    organization: Organization,
    members: Sequence[Membership],
    *,
    remove_at: datetime,
    transfer_to: str | None,
    actor: User,
    reason: str,
    trace_id: str,
) -> list[ScheduleOutcome]:
    """Schedule removals and write the admin's log; return the outcomes in order.

    The actor's own removal is refused.
    """
    outcomes = {
        outcome.user_id: outcome
        for outcome in schedule_removals(
            organization.pk,
            [member.user_id for member in members if member.user_id != actor.pk],
            remove_at=remove_at,
            transfer_to=transfer_to,
            actor=actor,
            source=Source.ADMIN,
            authority=ALL_CAPABILITIES,
            reason=reason,
            trace_id=trace_id,
        )
    }
    LogEntry.objects.log_actions(
        actor.pk,
        [outcome.schedule for outcome in outcomes.values() if outcome.schedule],
        ADDITION,
        f"Scheduled, trace id {trace_id}.",
    )
    own = ScheduleOutcome(actor.pk, refusal=CannotScheduleYourselfError({"user_id": actor.pk}))
    return [outcomes.get(member.user_id, own) for member in members]
