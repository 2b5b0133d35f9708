"""Previews and does the removal of a batch of rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from config.characters import escaped
from config.errors import ContractError
from organizations.bulk.heirs import no_active_member
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
from organizations.models import Event, Organization, Removal
from organizations.removal.preview import RemovalPreview, preview_removal
from organizations.removal.service import RemovalOutcome, remove_members
from organizations.transfer.service import TransferOutcome, preview_transfers, transfer_resources


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
            targets=targets,
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
        yield _reported(batch, outcomes, transfers)


def remove_batch(run: Run, batch: Sequence[Row]) -> list[Row]:
    """Remove the users of the rows in one transaction; return the rows with their outcomes.

    After it, a second transaction transfers what users removed before still own, if their row has
    a target.
    """
    targets = targets_of(batch)
    outcomes = remove_members(
        run.organization.pk,
        user_ids_of(batch),
        transfer_to=targets,
        caller=run.caller,
    )
    outcomes = [_recognized(outcome, run.id) for outcome in outcomes]
    leftover_targets = _targets_of_removed_before(targets, outcomes)
    transfers: list[TransferOutcome] = []
    if leftover_targets:
        transfers = transfer_resources(
            run.organization.pk,
            leftover_targets,
            transfer_to=leftover_targets,
            caller=run.caller,
        )
        transfers = _as_recorded(run, transfers)
    return _reported(batch, outcomes, transfers)


def _as_recorded(run: Run, transfers: Sequence[TransferOutcome]) -> list[TransferOutcome]:
    """Return the outcomes with the number of resources that this run has passed on by its events.

    The services count what this attempt did: nothing, if one before it was committed and its answer
    was lost.
    """
    counts: Counter[str | None] = Counter()
    events = Event.objects.filter(
        organization=run.organization,
        user__in=[transfer.user_id for transfer in transfers],
        type=Event.Type.RESOURCES_TRANSFERRED,
        trace_id=run.id,
    )
    for user_id, data in events.values_list("user", "data"):
        counts[user_id] += data["resource_count"]
    return [replace(transfer, resource_count=counts[transfer.user_id]) for transfer in transfers]


def _recognized(outcome: RemovalOutcome, run_id: str) -> RemovalOutcome:
    """Return the outcome, as a success if this run itself made the earlier removal.

    That happens when the connection is lost after a commit and the batch is retried.
    """
    record = outcome.earlier
    if record is None or record.trace_id != run_id:
        return outcome
    return RemovalOutcome(
        outcome.user_id,
        record.pk,
        len(record.roles),
        len(record.departments),
        record.resource_count,
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
) -> list[Row]:
    """Return the rows with the outcomes of the services; other rows have one already."""
    outcome_of = {outcome.user_id: outcome for outcome in outcomes}
    transfer_of = {transfer.user_id: transfer for transfer in transfers}

    def reported(row: Row) -> Row:
        outcome, transfer = outcome_of[row.user_id], transfer_of.get(row.user_id)
        if transfer and transfer.refusal:
            return refused(row, transfer.refusal)
        if outcome.earlier:
            transferred = transfer.resource_count if transfer else 0
            return already_removed(row, outcome.earlier, transferred)
        return refused(row, outcome.refusal) if outcome.refusal else _removed(row, outcome)

    return [row if row.outcome else reported(row) for row in batch]


def user_ids_of(batch: Iterable[Row]) -> list[str]:
    """Return the users of the rows that have no outcome yet."""
    return [row.user_id for row in batch if not row.outcome]


def targets_of(batch: Iterable[Row]) -> dict[str, str]:
    """Return, by user id, the targets of the rows that have one and no outcome yet."""
    return {row.user_id: row.transfer_to for row in batch if row.transfer_to and not row.outcome}


def _targets_of_removed_before(
    targets: Mapping[str, str], outcomes: Iterable[RemovalOutcome]
) -> dict[str, str]:
    """Return the targets of those users who had been removed before."""
    former = {outcome.user_id for outcome in outcomes if outcome.earlier}
    return {user_id: target for user_id, target in targets.items() if user_id in former}


def _removed(row: Row, outcome: RemovalOutcome) -> Row:
    """Return the row of a user whom this run removes."""
    return replace(
        row,
        outcome=Outcome.REMOVED,
        roles=outcome.role_count,
        departments=outcome.department_count,
        resources=outcome.resource_count,
        transferred=outcome.resource_count if row.transfer_to else 0,
        removal_id=outcome.removal_id or "",
    )


def already_removed(row: Row, removal: Removal, transferred: int) -> Row:
    """Return the row of a user who had been removed before."""
    return replace(
        row,
        outcome=Outcome.ALREADY_REMOVED,
        roles=len(removal.roles),
        departments=len(removal.departments),
        resources=removal.resource_count,
        transferred=transferred,
        removal_id=removal.pk,
    )


def refused(row: Row, refusal: ContractError) -> Row:
    """Return the row of a refused user, with the reason as its message."""
    outcome, message = refusal.code, refusal.message
    match refusal:
        case UserNotFoundError():
            outcome, message = Outcome.NOT_A_MEMBER, "has an account, but is not a member"
        case DepartmentNotFoundError():
            message = f"there is no department {escaped(row.transfer_to)}"
        case TransferUserNotFoundError():
            message = no_active_member(row.transfer_to)
        case LastOwnerCannotBeRemovedError():
            message = "is the last owner"
    return replace(row, outcome=outcome, message=message)
