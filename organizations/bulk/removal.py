"""Previews and does the removal of a batch of rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from config.characters import escaped
from config.errors import ContractError
from organizations.bulk.heirs import no_active_member
from organizations.bulk.interruption import hold_back
from organizations.bulk.report import Outcome, Row
from organizations.bulk.run import Run
from organizations.exceptions import (
    DepartmentNotFoundError,
    LastOwnerCannotBeRemovedError,
    TransferUserNotFoundError,
    UserNotFoundError,
)
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Operator
from organizations.guards.judge import find_not_members
from organizations.guards.transfer_targets import Targets
from organizations.models import Event, OffboardingTask, Organization, Removal, RemovedResources
from organizations.removal.preview import RemovalPreview, preview_removal
from organizations.removal.service import RemovalOutcome, remove_members
from organizations.transfer.service import TransferOutcome, preview_transfers, transfer_resources

# By user id: how many resources pass to each target; "" for those that stay with their owner.
Counts = defaultdict[str, Counter[str]]


def preview_removals(
    organization: Organization, batches: Iterable[Sequence[Row]]
) -> Iterator[list[Row]]:
    """Yield what `remove_batch` would return for each batch if it followed the ones before."""
    caller = Operator()
    owners_leaving: set[int] = set()  # memberships of owners that earlier batches would end
    for batch in batches:
        user_ids, targets = user_ids_of(batch), targets_of(batch)
        previews = preview_removal(
            organization.pk,
            user_ids,
            caller=caller,
            transfer_to=targets,
            already_leaving=owners_leaving,
        )
        owners_leaving.update(
            preview.membership.pk
            for preview in previews
            if preview.can_be_removed and any(role.is_owner for role in preview.roles)
        )
        outcomes = [_outcome(preview) for preview in previews]
        members = {preview.membership.user_id: preview.membership.pk for preview in previews}
        not_members = find_not_members(
            organization.pk, user_ids, members, caller=caller, act=REMOVE
        )
        outcomes += [
            RemovalOutcome(user_id, refusal=not_member.refusal, earlier=not_member.removal)
            for user_id, not_member in not_members.items()
        ]
        leftover_targets = _targets_of_removed_before(targets, outcomes)
        transfers = preview_transfers(organization.pk, leftover_targets, caller=caller)
        counts = _previewed_counts(previews, targets, transfers)
        to_open = {preview.membership.user_id: len(preview.steps) for preview in previews}
        yield _with_tasks(_reported(batch, outcomes, transfers, counts), to_open)


def remove_batch(run: Run, batch: Sequence[Row]) -> list[Row]:
    """Remove the users of the rows in one transaction; return the rows with their outcomes.

    A second transaction then transfers what users removed before still own, if their row has a
    target.
    """
    targets = targets_of(batch)
    outcomes = remove_members(
        run.organization.pk, user_ids_of(batch), transfer_to=targets, caller=run.caller
    )
    hold_back()
    outcomes = [_recognized(outcome, run.id) for outcome in outcomes]
    leftover_targets = _targets_of_removed_before(targets, outcomes)
    transfers: list[TransferOutcome] = []
    if leftover_targets:
        transfers = transfer_resources(
            run.organization.pk, leftover_targets, transfer_to=leftover_targets, caller=run.caller
        )
    counts = _recorded_counts(run, outcomes, transfers)
    return _with_tasks(_reported(batch, outcomes, transfers, counts))


def _previewed_counts(
    previews: Iterable[RemovalPreview],
    targets: Mapping[str, Targets],
    transfers: Iterable[TransferOutcome],
) -> Counts:
    """Return the counts that a removal of these members, and these transfers, would lead to."""
    counts: Counts = defaultdict(Counter)
    for preview in previews:
        user_id = preview.membership.user_id
        of_user = targets.get(user_id, Targets())
        for type_name, count in preview.resources.items():
            counts[user_id][of_user.target_of(type_name) or ""] += count
    for transfer in transfers:
        for passed in transfer.passed:
            counts[transfer.user_id][passed.target] += passed.count
    return counts


def _recorded_counts(
    run: Run, outcomes: Iterable[RemovalOutcome], transfers: Iterable[TransferOutcome]
) -> Counts:
    """Return the counts in the records of this run's removals, and in its events of transfers.

    The services count only what this attempt did: nothing, if an earlier attempt was committed and
    its answer lost.
    """
    counts: Counts = defaultdict(Counter)
    user_ids = {outcome.removal_id: outcome.user_id for outcome in outcomes if outcome.removal_id}
    for resources in RemovedResources.objects.filter(removal__in=user_ids):
        counts[user_ids[resources.removal_id]][resources.target or ""] += resources.count
    if former := [transfer.user_id for transfer in transfers]:
        events = Event.objects.filter(
            organization=run.organization,
            user__in=former,
            type=Event.Type.RESOURCES_TRANSFERRED,
            trace_id=run.id,
        )
        for user_id, data in events.values_list("user", "data"):
            target = data.get("heir_id") or data["department_id"]
            counts[user_id][target] += data["resource_count"]
    return counts


def _recognized(outcome: RemovalOutcome, run_id: str) -> RemovalOutcome:
    """Return the outcome, as a success if this run itself made the earlier removal.

    That happens when the connection is lost after a commit and the batch is retried.
    """
    record = outcome.earlier
    if record and record.trace_id == run_id:
        return _outcome_of(record, outcome.user_id)
    return outcome


def _outcome_of(record: Removal, user_id: str) -> RemovalOutcome:
    """Return what the removal returned that left this record."""
    return RemovalOutcome(
        user_id, record.pk, len(record.roles), len(record.departments), record.resource_count
    )


def _outcome(preview: RemovalPreview) -> RemovalOutcome:
    """Return what the removal of a member would return, without the record's id."""
    user_id = preview.membership.user_id
    if preview.blocked_by:
        return RemovalOutcome(user_id, refusal=preview.blocked_by)
    return RemovalOutcome(
        user_id,
        role_count=len(preview.roles),
        department_count=len(preview.departments),
        resource_count=preview.resource_count,
    )


def _reported(
    batch: Iterable[Row],
    outcomes: Iterable[RemovalOutcome],
    transfers: Iterable[TransferOutcome],
    counts: Counts,
) -> list[Row]:
    """Return the rows with the outcomes of the services; other rows have one already."""
    outcome_of = {outcome.user_id: outcome for outcome in outcomes}
    refusals = {transfer.user_id: transfer.refusal for transfer in transfers}

    def reported(row: Row) -> Row:
        outcome = outcome_of[row.user_id]
        if refusal := refusals.get(row.user_id):
            return refused(row, refusal)
        if outcome.earlier:
            return already_removed(row, outcome.earlier, counts[row.user_id])
        if outcome.refusal:
            return refused(row, outcome.refusal)
        return _removed(row, Outcome.REMOVED, outcome, counts[row.user_id])

    return [row if row.outcome else reported(row) for row in batch]


def _with_tasks(rows: Sequence[Row], to_open: Mapping[str, int] | None = None) -> list[Row]:
    """Return the rows with the tasks of their removals, open and closed.

    ``to_open`` is how many the removals of a plan would open, by user id.
    """
    recorded = OffboardingTask.objects.count_by_removal([row.removal_id for row in rows])

    def with_tasks(row: Row) -> Row:
        if to_open and row.outcome == Outcome.REMOVED:
            return replace(row, open_tasks=to_open[row.user_id])
        by_state = recorded.get(row.removal_id, Counter())
        is_open = by_state[OffboardingTask.State.OPEN]
        return replace(row, open_tasks=is_open, closed_tasks=by_state.total() - is_open)

    return list(map(with_tasks, rows))


def user_ids_of(batch: Iterable[Row]) -> list[str]:
    """Return the users of the rows that have no outcome yet."""
    return [row.user_id for row in batch if not row.outcome]


def targets_of(batch: Iterable[Row]) -> dict[str, Targets]:
    """Return, by user id, the targets of the rows that have any and no outcome yet."""
    return {row.user_id: row.targets for row in batch if row.targets and not row.outcome}


def _targets_of_removed_before(
    targets: Mapping[str, Targets], outcomes: Iterable[RemovalOutcome]
) -> dict[str, Targets]:
    """Return the targets of those users who had been removed before."""
    former = {outcome.user_id for outcome in outcomes if outcome.earlier}
    return {user_id: each for user_id, each in targets.items() if user_id in former}


def already_removed(row: Row, removal: Removal, counts: Counter[str] | None = None) -> Row:
    """Return the row of a user who had been removed before."""
    removed = _outcome_of(removal, row.user_id)
    return _removed(row, Outcome.ALREADY_REMOVED, removed, counts or Counter())


def _removed(row: Row, outcome: Outcome, removed: RemovalOutcome, counts: Counter[str]) -> Row:
    """Return the row of a user who is removed, by this run or before it."""
    return replace(
        row,
        outcome=outcome,
        roles=removed.role_count,
        departments=removed.department_count,
        resources=removed.resource_count,
        transferred=counts.total() - counts[""],
        removal_id=removed.removal_id or "",
        count_by_target=counts,
    )


def refused(row: Row, refusal: ContractError) -> Row:
    """Return the row of a refused user, with the reason as its message."""
    outcome, message = refusal.code, refusal.message
    match refusal:
        case UserNotFoundError():
            outcome, message = Outcome.NOT_A_MEMBER, "has an account, but is not a member"
        case DepartmentNotFoundError():
            department_id = escaped(str(refusal.details["department_id"]))
            message = f"there is no department with the id {department_id}"
        case TransferUserNotFoundError():
            message = no_active_member(str(refusal.details["user_id"]))
        case LastOwnerCannotBeRemovedError():
            message = "is the last owner"
    return replace(row, outcome=outcome, message=message)
