"""What became of each row: the rows of the report, and their sum."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TextIO

REMOVED = "removed"
ALREADY_REMOVED = "already_removed"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What became of one row of the input.

    ``outcome`` is ``removed``, ``already_removed`` or the code of an error of the contract.
    """

    user_id: str
    email: str
    outcome: str
    roles: int = 0
    departments: int = 0
    resources: int = 0
    removal_id: str = ""

    @property
    def is_out(self) -> bool:
        """Whether the user is no member any more."""
        return self.outcome in {REMOVED, ALREADY_REMOVED}


@dataclass(slots=True)
class Totals:
    """How many rows had which outcome, and what the removals took."""

    outcomes: Counter[str] = field(default_factory=Counter)
    roles: int = 0
    departments: int = 0
    resources: int = 0

    def add(self, rows: Iterable[ReportRow]) -> None:
        """Count some rows."""
        for row in rows:
            self.outcomes[row.outcome] += 1
            if row.outcome == REMOVED:
                self.roles += row.roles
                self.departments += row.departments
                self.resources += row.resources

    @property
    def everybody_is_out(self) -> bool:
        """Whether no row names somebody who is still a member, or nobody at all."""
        return not set(self.outcomes) - {REMOVED, ALREADY_REMOVED}

    def __str__(self) -> str:
        refused = Counter(self.outcomes)
        removed, already = refused.pop(REMOVED, 0), refused.pop(ALREADY_REMOVED, 0)
        reasons = ", ".join(f"{number:,} {code}" for code, number in sorted(refused.items()))
        return (
            f"{removed:,} removed, {already:,} already removed, {refused.total():,} not removed"
            + (f" ({reasons})" if reasons else "")
        )


COLUMNS = [column.name for column in fields(ReportRow)]
_values = attrgetter(*COLUMNS)


class Report:
    """A CSV file with one row for each row of the input, complete up to the last batch."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(COLUMNS)
        file.flush()

    def write(self, rows: Sequence[ReportRow]) -> None:
        """Add rows, so that they are there whatever happens next."""
        self._writer.writerows(map(_values, rows))
        self._file.flush()
