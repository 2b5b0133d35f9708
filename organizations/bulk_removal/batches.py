"""One batch of rows after the other: what a removal would do, and the removal."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from django.db import IntegrityError, connection

from config.api.errors import ServiceUnavailableError
from config.characters import escaped
from config.database_errors import DATABASE_FAILURES
from organizations.bulk_removal.exceptions import CannotStartError
from organizations.bulk_removal.report import Row
from organizations.capabilities import ALL_CAPABILITIES
from organizations.exceptions import DepartmentNotFoundError
from organizations.models import Organization, Resource, Source
from organizations.removal.absence import explain_absence
from organizations.removal.outcome import RemovalOutcome
from organizations.removal.preview import RemovalPreview, preview_removal
from organizations.removal.service import remove_members
from organizations.transfer.service import TransferOutcome, transfer_resources
from users.models import User

# How long a batch is tried again from its first failure: a failover of the database takes less.
PATIENCE_SECONDS = 60
LONGEST_WAIT_SECONDS = 15


@dataclass(frozen=True, slots=True)
class BulkRemoval:
    """What is the same for all rows of one run of the command.

    ``transfer_to`` is for rows that name no target. ``run_id`` is the trace id of the records; no
    other act has it.
    """

    organization: Organization
    transfer_to: str
    actor: User | None
    reason: str
    run_id: str

    @classmethod
    def begin(cls, organization_id: str, *, transfer_to: str, actor: str, reason: str) -> Self:
        """Return a new run, on behalf of whoever has the address. Raises CannotStartError."""
        organization = Organization.objects.filter(pk=organization_id).first()
        if organization is None:
            raise CannotStartError(f"There is no organization {escaped(organization_id)}.")
        if transfer_to and not organization.departments.filter(pk=transfer_to).exists():
            raise CannotStartError(f"{organization} has no department {escaped(transfer_to)}.")
        account = User.objects.filter(email=actor).first() if actor else None
        if actor and account is None:
            raise CannotStartError(f"No account has the address {escaped(actor)}.")
        # What a terminal in another encoding sends is no Unicode.
        reason = reason.encode("utf-8", "backslashreplace").decode()
        return cls(organization, transfer_to, account, reason, uuid.uuid4().hex)


class BatchFailedError(Exception):
    """The database did not do a batch; ``rows`` are those of the batch."""

    def __init__(self, problem: str, error: Exception, batch: Iterable[Row]) -> None:
        super().__init__(_in_one_line(problem, error))
        code = ServiceUnavailableError.code
        self.rows = [row if row.outcome else replace(row, outcome=code) for row in batch]


def preview_in_batches(
    organization: Organization, batches: Iterable[Sequence[Row]]
) -> Iterator[list[Row]]:
    """Return what `remove_in_batches` would report of each batch after the ones before it."""
    owners_leaving: set[int] = set()  # memberships that the batches before would end
    for batch in batches:
        user_ids, targets = _user_ids(batch), _targets(batch)
        previews = preview_removal(
            organization.pk,
            user_ids,
            authority=ALL_CAPABILITIES,
            targets=targets,
            already_leaving=owners_leaving,
        )
        owners_leaving.update(
            preview.membership.pk
            for preview in previews
            if preview.can_be_removed and any(role.is_owner for role in preview.roles)
        )
        outcomes = [_outcome(preview) for preview in previews]
        absent = set(user_ids).difference(outcome.user_id for outcome in outcomes)
        absences = explain_absence(organization.pk, list(absent), ALL_CAPABILITIES)
        outcomes += [
            RemovalOutcome(user_id, refusal=absence.refusal, earlier=absence.removal)
            for user_id, absence in absences.items()
        ]
        forgotten = _of_removed_before(targets, outcomes)
        yield _reported(batch, outcomes, _preview_transfers(organization, forgotten))


def remove_in_batches(
    removal: BulkRemoval, batches: Iterable[Sequence[Row]], *, tell: Callable[[str], None]
) -> Iterator[list[Row]]:
    """Remove whom the rows of each batch mean; return what became of them once it is committed.

    Raises BatchFailedError when the database refuses a batch, or fails for longer than ``tell``
    was told at its first failure.
    """
    for batch in batches:
        yield _remove_patiently(removal, batch, tell)


def _remove_patiently(
    removal: BulkRemoval, batch: Sequence[Row], tell: Callable[[str], None]
) -> list[Row]:
    """Remove one batch, and try again while the database is away or undoes it."""
    deadline, wait = 0.0, 1
    while True:
        try:
            return remove_batch(removal, batch)
        except IntegrityError as error:  # the account of the actor is gone, for one
            raise BatchFailedError("The database refused a batch", error, batch) from error
        except DATABASE_FAILURES as error:
            connection.close()
            if not deadline:
                deadline = time.monotonic() + PATIENCE_SECONDS
                failed = _in_one_line("The database failed", error)
                tell(f"{failed} Trying again for {PATIENCE_SECONDS} seconds.")
            if time.monotonic() + wait > deadline:
                raise BatchFailedError("The database failed", error, batch) from error
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)


def remove_batch(removal: BulkRemoval, batch: Sequence[Row]) -> list[Row]:
    """Remove whom the rows mean; return what became of each row.

    All are removed in one transaction. After it, what somebody who was removed before still owns
    passes on, where the row has a target.
    """
    targets = _targets(batch)
    outcomes = remove_members(
        removal.organization.pk,
        _user_ids(batch),
        transfer_to=targets,
        authority=ALL_CAPABILITIES,
        actor=removal.actor,
        source=Source.COMMAND,
        reason=removal.reason,
        trace_id=removal.run_id,
    )
    outcomes = [_own(outcome, removal.run_id) for outcome in outcomes]
    forgotten = _of_removed_before(targets, outcomes)
    transfers: list[TransferOutcome] = []
    if forgotten:
        transfers = transfer_resources(
            removal.organization.pk,
            forgotten,
            transfer_to=forgotten,
            authority=ALL_CAPABILITIES,
            actor=removal.actor,
            source=Source.COMMAND,
            reason=removal.reason,
            trace_id=removal.run_id,
        )
    return _reported(batch, outcomes, transfers)


def _own(outcome: RemovalOutcome, run_id: str) -> RemovalOutcome:
    """Return the outcome as a success where the record is this run's, which lost the answer."""
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
    """Return what the removal of a member would answer, but for the record's id."""
    user_id = preview.membership.user_id
    if preview.blocked_by:
        return RemovalOutcome(user_id, refusal=preview.blocked_by)
    return RemovalOutcome(
        user_id,
        role_count=len(preview.roles),
        department_count=len(preview.departments),
        resource_count=preview.resource_count,
    )


def _preview_transfers(
    organization: Organization, targets: Mapping[str, str]
) -> list[TransferOutcome]:
    """Return what `transfer_resources` would answer of these former members."""
    if not targets:
        return []
    known = organization.departments.in_bulk(set(targets.values()))
    counts = Resource.objects.filter(organization=organization).count_by_owner(targets)
    return [
        TransferOutcome(user_id, counts.get(user_id, 0))
        if target in known
        else TransferOutcome(user_id, refusal=DepartmentNotFoundError({"department_id": target}))
        for user_id, target in targets.items()
    ]


def _reported(
    batch: Iterable[Row],
    outcomes: Iterable[RemovalOutcome],
    transfers: Iterable[TransferOutcome],
) -> list[Row]:
    """Return the rows with what the services answered of those whom they were asked about."""
    outcome_of = {outcome.user_id: outcome for outcome in outcomes}
    transfer_of = {transfer.user_id: transfer for transfer in transfers}

    def reported(row: Row) -> Row:
        outcome, transfer = outcome_of[row.user_id], transfer_of.get(row.user_id)
        if transfer and transfer.refusal:
            return row.refused(transfer.refusal)
        if outcome.earlier:
            transferred = transfer.resource_count if transfer else 0
            return row.already_removed(outcome.earlier, transferred=transferred)
        return row.refused(outcome.refusal) if outcome.refusal else row.removed(outcome)

    return [row if row.outcome else reported(row) for row in batch]


def _user_ids(batch: Iterable[Row]) -> list[str]:
    """Return whom a removal is asked for: those whose outcome is open."""
    return [row.user_id for row in batch if not row.outcome]


def _targets(batch: Iterable[Row]) -> dict[str, str]:
    """Return where their resources pass to, by user id, where they pass to somewhere."""
    return {row.user_id: row.transfer_to for row in batch if row.transfer_to and not row.outcome}


def _of_removed_before(
    targets: Mapping[str, str], outcomes: Iterable[RemovalOutcome]
) -> dict[str, str]:
    """Return the targets of those who were removed before."""
    former = {outcome.user_id for outcome in outcomes if outcome.earlier}
    return {user_id: target for user_id, target in targets.items() if user_id in former}


def _in_one_line(problem: str, error: Exception) -> str:
    """Return a problem with the first line of what the database says of it."""
    return f"{problem}: {next(iter(str(error).splitlines()), '')}."
