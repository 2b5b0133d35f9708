"""Defines the rows of input and report, and writes the report file."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Self, TextIO, TypeVar

from config.characters import neutralized, with_controls_escaped
from organizations.bulk.run import CannotStartError
from organizations.guards.transfer_targets import Targets

OF_TYPE = "transfer_to:"  # begins the name of the column with the target of a type


class Outcome(StrEnum):
    """The outcomes of a row, besides the codes of the contract's errors.

    Capitals stand for a failure, as in those codes.
    """

    ADDED = "added"
    WOULD_ADD = "would_add"
    ALREADY_MEMBER = "already_member"
    REMOVED = "removed"
    WOULD_REMOVE = "would_remove"
    ALREADY_REMOVED = "already_removed"
    SCHEDULED = "scheduled"
    WOULD_SCHEDULE = "would_schedule"
    ALREADY_SCHEDULED = "already_scheduled"
    RESTORED = "restored"
    WOULD_RESTORE = "would_restore"
    ALREADY_RESTORED = "already_restored"
    DUPLICATE = "duplicate"
    NOT_AN_ADDRESS = "NOT_AN_ADDRESS"
    NO_ACCOUNT = "NO_ACCOUNT"
    UNKNOWN_ID = "UNKNOWN_ID"
    ID_AND_EMAIL_DIFFER = "ID_AND_EMAIL_DIFFER"
    NOT_A_MEMBER = "NOT_A_MEMBER"
    CREATED = "created"
    WOULD_CREATE = "would_create"
    UPDATED = "updated"
    WOULD_UPDATE = "would_update"
    UNCHANGED = "unchanged"


# The outcome in a plan, where nothing is done yet, of each that changes something.
PLANNED: Mapping[str, Outcome] = {
    Outcome.ADDED: Outcome.WOULD_ADD,
    Outcome.REMOVED: Outcome.WOULD_REMOVE,
    Outcome.SCHEDULED: Outcome.WOULD_SCHEDULE,
    Outcome.RESTORED: Outcome.WOULD_RESTORE,
    Outcome.CREATED: Outcome.WOULD_CREATE,
    Outcome.UPDATED: Outcome.WOULD_UPDATE,
}
SUCCESSES = frozenset(outcome for outcome in Outcome if outcome.islower())


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input and of the report.

    ``outcome`` is empty until the row is decided. ``message`` says why nothing is done, and
    ``transferred`` counts the resources that this run passes on. The other counts are those of the
    removal or restoration, also of one before this run; its tasks are counted as they are now. The
    report has a column for each type of ``transfer_by_type``, and none for ``count_by_target``, the
    resources that are concerned: "" stands for those that stay with their owner.
    """

    user_id: str = ""
    email: str = ""
    transfer_to: str = ""
    outcome: str = ""
    message: str = ""
    roles: int = 0
    departments: int = 0
    resources: int = 0
    transferred: int = 0
    open_tasks: int = 0
    closed_tasks: int = 0
    removal_id: str = ""
    scheduled_removal_id: str = ""
    roles_not_restored: int = 0
    departments_not_restored: int = 0
    resources_not_restored: int = 0
    cancelled_tasks: int = 0
    restoration_id: str = ""
    transfer_by_type: Mapping[str, str] = field(default_factory=dict)
    count_by_target: Mapping[str, int] = field(default_factory=dict)

    @property
    def targets(self) -> Targets:
        """Return where the resources of the row's user pass."""
        return Targets(self.transfer_to or None, self.transfer_by_type)

    @property
    def planned(self) -> Self:
        """Return the row of a plan, whose outcome does not say that anything is done."""
        return replace(self, outcome=PLANNED.get(self.outcome, self.outcome))

    @property
    def label(self) -> str:
        """Return the person's id if the message is about the id, else the e-mail address."""
        by_id = self.outcome in {Outcome.UNKNOWN_ID, Outcome.ID_AND_EMAIL_DIFFER}
        return self.user_id if by_id or not self.email else self.email

    def value_of(self, column: str) -> str | int:
        """Return the value for a column of the report."""
        if column.startswith(OF_TYPE):
            return self.transfer_by_type.get(column.removeprefix(OF_TYPE), "")
        value: str | int = getattr(self, column)
        return value


AnyRow = TypeVar("AnyRow", bound=Row)

# All columns that any report has, but those of types.
COLUMNS = [column.name for column in fields(Row) if column.type in (str, int)]


class Report:
    """A CSV file with a row for each row of the input, complete up to the last batch."""

    def __init__(self, file: TextIO, columns: Sequence[str]) -> None:
        self._file = file
        self._columns = columns
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(columns)
        file.flush()

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows and flush them, so that no crash loses them."""
        self._writer.writerows(
            [_cell(row.value_of(column)) for column in self._columns] for row in rows
        )
        self._file.flush()


@contextmanager
def open_report(
    path: str, columns: Sequence[str], source: os.stat_result | None
) -> Iterator[Report]:
    """Open a new report, which must not be the ``source`` of the rows. Raises CannotStartError."""
    target = Path(path)
    try:
        if source and target.is_file() and os.path.samestat(source, target.stat()):
            raise CannotStartError("The report would overwrite the input.")
        file = target.open("w", encoding="utf-8", newline="")
        try:
            report = Report(file, columns)
        except OSError:
            with suppress(OSError):  # closing tries to write the same again
                file.close()
            raise
    except OSError as error:
        raise CannotStartError(f"{path} cannot be written: {error.strerror}.") from error
    with file:
        yield report


def _cell(value: str | int) -> str | int:
    """Return the value, escaped so that it is no formula and no terminal sequence."""
    return with_controls_escaped(neutralized(value)) if isinstance(value, str) else value
