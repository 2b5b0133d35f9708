"""A row from the input to the report: whom it names, and what becomes of them."""

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from typing import Self, TextIO

from config.errors import ContractError
from config.spreadsheets import neutralized
from organizations.bulk_removal.characters import escaped, printable
from organizations.bulk_removal.exceptions import CannotStartError
from organizations.exceptions import (
    DepartmentNotFoundError,
    LastOwnerCannotBeRemovedError,
    UserNotFoundError,
)
from organizations.models import Removal
from organizations.removal.outcome import RemovalOutcome


class Outcome(StrEnum):
    """What can become of a row, besides the codes of the contract's errors."""

    REMOVED = "removed"
    ALREADY_REMOVED = "already_removed"
    DUPLICATE = "duplicate"
    NO_ACCOUNT = "NO_ACCOUNT"
    UNKNOWN_ID = "UNKNOWN_ID"
    ID_AND_EMAIL_DIFFER = "ID_AND_EMAIL_DIFFER"
    NOT_A_MEMBER = "NOT_A_MEMBER"


OUT = frozenset({Outcome.REMOVED, Outcome.ALREADY_REMOVED, Outcome.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input and of the report, whose columns are these fields.

    It has no ``outcome`` as long as that is for the removal to decide. ``message`` says why
    somebody stays, ``transferred`` how many resources this run passes on to ``transfer_to``. Of
    somebody removed before, the other counts are of then.
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

    def removed(self, outcome: RemovalOutcome) -> Self:
        """Return the row of somebody whom this run removes."""
        return replace(
            self,
            outcome=Outcome.REMOVED,
            roles=outcome.role_count,
            departments=outcome.department_count,
            resources=outcome.resource_count,
            transferred=outcome.resource_count if self.transfer_to else 0,
            removal_id=outcome.removal_id or "",
        )

    def already_removed(self, removal: Removal, *, transferred: int) -> Self:
        """Return the row of somebody who was removed before."""
        return replace(
            self,
            outcome=Outcome.ALREADY_REMOVED,
            roles=len(removal.roles),
            departments=len(removal.departments),
            resources=removal.resource_count,
            transferred=transferred,
            removal_id=removal.pk,
        )

    def refused(self, refusal: ContractError) -> Self:
        """Return the row of somebody who stays, and why in words."""
        outcome, message = refusal.code, refusal.message
        if isinstance(refusal, UserNotFoundError):
            outcome, message = Outcome.NOT_A_MEMBER, "has an account, but is not a member"
        elif isinstance(refusal, DepartmentNotFoundError):
            message = f"there is no department {escaped(self.transfer_to)}"
        elif isinstance(refusal, LastOwnerCannotBeRemovedError):
            message = "is the last owner"
        return replace(self, outcome=outcome, message=message)


COLUMNS = [column.name for column in fields(Row)]
_values = attrgetter(*COLUMNS)


class Report:
    """A CSV file with one row for each row of the input, complete up to the last batch."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(COLUMNS)
        file.flush()

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows, so that they are there whatever happens next."""
        self._writer.writerows(map(_cell, _values(row)) for row in rows)
        self._file.flush()


@contextmanager
def open_report(path: str, source: os.stat_result | None) -> Iterator[Report]:
    """Open a new report, which must not be the ``source`` of the rows. Raises CannotStartError."""
    target = Path(path)
    try:
        if source and target.is_file() and os.path.samestat(source, target.stat()):
            raise CannotStartError("The report would overwrite the file of those who leave.")
        file = target.open("w", encoding="utf-8", newline="")
        try:
            report = Report(file)
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
