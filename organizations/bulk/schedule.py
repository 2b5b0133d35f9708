"""Previews and does the scheduling of the removals of a batch of rows."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from organizations.bulk.interruption import hold_back
from organizations.bulk.removal import already_removed, refused, targets_of, user_ids_of
from organizations.bulk.report import Outcome, Row
from organizations.bulk.run import Run
from organizations.exceptions import RemovalAlreadyScheduledError, UserNotFoundError
from organizations.guards.caller import Operator
from organizations.guards.not_members import latest_removals
from organizations.models import Organization, ScheduledRemoval
from organizations.schedule.service import ScheduleOutcome, preview_schedules, schedule_removals
from organizations.schedule.service import targets_of as targets_of_schedule


def preview_batch(organization: Organization, batch: Sequence[Row], at: datetime) -> list[Row]:
    """Return what `schedule_batch` would return, without the ids of the schedules."""
    outcomes = preview_schedules(
        organization.pk, user_ids_of(batch), transfer_to=targets_of(batch), caller=Operator()
    )
    return _reported(organization, batch, outcomes, at)


def schedule_batch(run: Run, batch: Sequence[Row], at: datetime) -> list[Row]:
    """Schedule the removals of the users in one transaction; return the rows with their outcomes.

    A user who is already scheduled for the same time and target is left as they are.
    """
    outcomes = schedule_removals(
        run.organization.pk,
        user_ids_of(batch),
        remove_at=at,
        transfer_to=targets_of(batch),
        caller=run.caller,
    )
    hold_back()
    return _reported(run.organization, batch, outcomes, at, run_id=run.id)


def _reported(
    organization: Organization,
    batch: Iterable[Row],
    outcomes: Sequence[ScheduleOutcome],
    at: datetime,
    *,
    run_id: str = "",
) -> list[Row]:
    """Return the rows with the outcomes of the service; other rows have one already."""
    outcome_of = {outcome.user_id: outcome for outcome in outcomes}
    absent = [each.user_id for each in outcomes if isinstance(each.refusal, UserNotFoundError)]
    removals = latest_removals(organization.pk, absent)
    earlier = ScheduledRemoval.objects.in_bulk(
        [
            each.refusal.details["scheduled_removal_id"]
            for each in outcomes
            if isinstance(each.refusal, RemovalAlreadyScheduledError)
        ]
    )

    def reported(row: Row) -> Row:
        refusal = outcome_of[row.user_id].refusal
        if refusal is None:
            return _scheduled(row, Outcome.SCHEDULED, outcome_of[row.user_id].schedule)
        if removal := removals.get(row.user_id):
            return already_removed(row, removal)
        schedule = earlier.get(str(refusal.details.get("scheduled_removal_id")))
        if schedule and (schedule.remove_at, targets_of_schedule(schedule)) == (at, row.targets):
            # This run made it if the connection was lost after a commit and the batch is retried.
            own = run_id and schedule.trace_id == run_id
            outcome = Outcome.SCHEDULED if own else Outcome.ALREADY_SCHEDULED
            return _scheduled(row, outcome, schedule)
        return refused(row, refusal)

    return [row if row.outcome else reported(row) for row in batch]


def _scheduled(row: Row, outcome: Outcome, schedule: ScheduledRemoval | None) -> Row:
    return replace(row, outcome=outcome, scheduled_removal_id=schedule.pk if schedule else "")
