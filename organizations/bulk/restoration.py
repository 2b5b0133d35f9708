"""Previews and does the restoration of a batch of rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from config.errors import ContractError
from organizations.bulk.interruption import hold_back
from organizations.bulk.removal import user_ids_of
from organizations.bulk.report import Outcome, Row
from organizations.bulk.run import Run
from organizations.exceptions import MembershipAlreadyExistsError, RemovalNotFoundError
from organizations.guards.caller import Operator
from organizations.models import OffboardingTask, Organization, ResourceMove, Restoration
from organizations.restoration.plan import RestorationOutcome
from organizations.restoration.service import preview_restoration, restore_members


def preview_restorations(
    organization: Organization, batches: Iterable[Sequence[Row]]
) -> Iterator[list[Row]]:
    """Yield what `restore_batch` would return for each batch if it followed the ones before.

    Without the ids of the restorations.
    """
    undone: list[str] = []  # removals of earlier batches, above others that moved the same resource
    for batch in batches:
        outcomes = preview_restoration(
            organization.pk,
            user_ids_of(batch),
            removal_ids=_removal_ids(batch),
            caller=Operator(),
            already_undone=undone,
        )
        removal_ids = [each.restoration.removal_id for each in outcomes if each.restoration]
        moves = ResourceMove.objects.filter(removal__in=removal_ids, previous_removal__isnull=False)
        undone += moves.values_list("removal", flat=True).distinct()
        yield [replace(row, restoration_id="") for row in _reported(batch, outcomes)]


def restore_batch(run: Run, batch: Sequence[Row]) -> list[Row]:
    """Restore the users of the rows in one transaction; return the rows with their outcomes."""
    outcomes = restore_members(
        run.organization.pk, user_ids_of(batch), removal_ids=_removal_ids(batch), caller=run.caller
    )
    hold_back()
    return _reported(batch, outcomes, run_id=run.id)


def _removal_ids(batch: Iterable[Row]) -> dict[str, str]:
    """Return, by user id, the removals to undo, where the rows name them."""
    return {row.user_id: row.removal_id for row in batch if row.removal_id and not row.outcome}


def _reported(
    batch: Iterable[Row], outcomes: Iterable[RestorationOutcome], *, run_id: str = ""
) -> list[Row]:
    """Return the rows with the outcomes of the service; other rows have one already."""
    outcome_of = {outcome.user_id: outcome for outcome in outcomes}
    earlier = _earlier_restorations(outcome_of.values())
    states = OffboardingTask.objects.count_by_removal(each.removal_id for each in earlier.values())

    def reported(row: Row) -> Row:
        outcome = outcome_of[row.user_id]
        if made := outcome.restoration:
            return _restored(row, made, Outcome.RESTORED, len(made.cancelled_tasks))
        if found := earlier.get(row.user_id):
            # This run made it if the connection was lost after a commit and the batch is retried.
            own = run_id and found.trace_id == run_id
            decided = Outcome.RESTORED if own else Outcome.ALREADY_RESTORED
            by_state = states.get(found.removal_id, Counter())
            return _restored(row, found, decided, by_state[OffboardingTask.State.CANCELLED])
        return _refused(row, outcome.refusal) if outcome.refusal else row

    return [row if row.outcome else reported(row) for row in batch]


def _earlier_restorations(outcomes: Iterable[RestorationOutcome]) -> Mapping[str, Restoration]:
    """Return, by user id, the restorations through which these users are members already."""
    ids = {
        outcome.user_id: outcome.refusal.details.get("restoration_id")
        for outcome in outcomes
        if isinstance(outcome.refusal, MembershipAlreadyExistsError)
    }
    found = Restoration.objects.in_bulk([each for each in ids.values() if each])
    return {user_id: found[str(each)] for user_id, each in ids.items() if each in found}


def _restored(row: Row, restoration: Restoration, outcome: Outcome, cancelled_tasks: int) -> Row:
    return replace(
        row,
        outcome=outcome,
        roles=len(restoration.roles),
        departments=len(restoration.departments),
        resources=restoration.resource_count,
        roles_not_restored=len(restoration.roles_not_restored),
        departments_not_restored=len(restoration.departments_not_restored),
        resources_not_restored=restoration.resources_not_restored,
        cancelled_tasks=cancelled_tasks,
        removal_id=restoration.removal_id,
        restoration_id=restoration.pk,
    )


def _refused(row: Row, refusal: ContractError) -> Row:
    """Return the row of a refused user, with the reason as its message."""
    message = refusal.message
    match refusal:
        case MembershipAlreadyExistsError():
            message = "is a member, and not by a restoration"
        case RemovalNotFoundError():
            message = "was not removed, or again since, or is erased"
    return replace(row, outcome=refusal.code, message=message)
