"""The rows of the input and of the report."""

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from typing import TextIO

from config.characters import printable
from config.spreadsheets import neutralized
from organizations.bulk.exceptions import CannotStartError


class Outcome(StrEnum):
    """What can become of a row, besides the codes of the contract's errors."""

    REMOVED = "removed"
    ALREADY_REMOVED = "already_removed"
    SCHEDULED = "scheduled"
    ALREADY_SCHEDULED = "already_scheduled"
    RESTORED = "restored"
    ALREADY_RESTORED = "already_restored"
    DUPLICATE = "duplicate"
    NO_ACCOUNT = "NO_ACCOUNT"
    UNKNOWN_ID = "UNKNOWN_ID"
    ID_AND_EMAIL_DIFFER = "ID_AND_EMAIL_DIFFER"
    NOT_A_MEMBER = "NOT_A_MEMBER"


SUCCESSES = frozenset(
    {
        Outcome.REMOVED,
        Outcome.ALREADY_REMOVED,
        Outcome.SCHEDULED,
        Outcome.ALREADY_SCHEDULED,
        Outcome.RESTORED,
        Outcome.ALREADY_RESTORED,
        Outcome.DUPLICATE,
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input and of the report.

    It has no ``outcome`` as long as that is for the removal or restoration to decide. ``message``
    says why nothing is done, ``transferred`` how many resources this run passes on to
    ``transfer_to``. Of somebody removed or restored before, the other counts are of then.
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
    removal_id: str = ""
    scheduled_removal_id: str = ""
    roles_not_restored: int = 0
    departments_not_restored: int = 0
    resources_not_restored: int = 0
    restoration_id: str = ""


COLUMNS = [column.name for column in fields(Row)]  # of any report


class Report:
    """A CSV file with one row for each row of the input, complete up to the last batch."""

    def __init__(self, file: TextIO, columns: Sequence[str]) -> None:
        self._file = file
        self._values = attrgetter(*columns)
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(columns)
        file.flush()

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows, so that they are there whatever happens next."""
        self._writer.writerows(map(_cell, self._values(row)) for row in rows)
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
            with suppress(OSError):  # which tries to write the same once more
                file.close()
            raise
    except OSError as error:
        raise CannotStartError(f"{path} cannot be written: {error.strerror}.") from error
    with file:
        yield report


def _cell(value: str | int) -> str | int:
    """Return a value that no spreadsheet takes for a formula, and no terminal for a command."""
    return printable(neutralized(value)) if isinstance(value, str) else value
