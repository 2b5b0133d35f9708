"""What an operator reads: the plan before a removal, how far it is, and what came of it."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TextIO

from tqdm import tqdm

from config.characters import escaped
from organizations.bulk_removal.report import OUT, Outcome, Row

NAMED = 20  # how many people of each kind are named
SECONDS_BETWEEN_LINES = 5


class Summary:
    """The sum of some rows, and the first of those who leave and of those who stay."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.roles = 0
        self.departments = 0
        self.resources = 0
        self.forgotten = 0  # resources of those removed before that pass on
        self._by_target: Counter[str] = Counter()  # resources
        self._leaving: list[Row] = []
        self._staying: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Count some rows."""
        for row in rows:
            self.outcomes[row.outcome] += 1
            if row.outcome == Outcome.REMOVED:
                self.roles += row.roles
                self.departments += row.departments
                self.resources += row.resources
                self._by_target[row.transfer_to] += row.resources
                if len(self._leaving) < NAMED:
                    self._leaving.append(row)
            elif row.outcome == Outcome.ALREADY_REMOVED:
                self.forgotten += row.transferred
                if row.transferred:
                    self._by_target[row.transfer_to] += row.transferred
            elif row.outcome not in OUT and len(self._staying) < NAMED:
                self._staying.append(row)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.outcomes.total()

    @property
    def removed(self) -> int:
        """How many people are removed."""
        return self.outcomes[Outcome.REMOVED]

    @property
    def staying(self) -> int:
        """How many rows name somebody who stays, or nobody."""
        return sum(number for outcome, number in self.outcomes.items() if outcome not in OUT)

    @property
    def exit_status(self) -> int:
        """The status of a command after which these are all rows."""
        return 1 if self.staying else 0

    @property
    def changes_something(self) -> bool:
        """Whether anybody is removed, or anything passes on."""
        return bool(self.removed or self.forgotten)

    def add_with_progress(
        self, batches: Iterable[list[Row]], total: int, stream: TextIO
    ) -> Iterator[list[Row]]:
        """Count the rows of the batches as they come, and show how many of the total are done.

        A terminal gets a bar, anything else a line now and then.
        """
        on_terminal = stream.isatty()
        last_line = time.monotonic()
        with tqdm(total=total, unit=" rows", file=stream, disable=not on_terminal) as bar:
            for rows in batches:
                self.add(rows)
                yield rows
                bar.update(len(rows))
                if not on_terminal and time.monotonic() - last_line >= SECONDS_BETWEEN_LINES:
                    last_line = time.monotonic()
                    print(f"{self.count:,} of {total:,} rows: {self}", file=stream, flush=True)

    def __str__(self) -> str:
        already = self.outcomes[Outcome.ALREADY_REMOVED]
        return f"{self.removed:,} removed, {already:,} already removed, {self.staying:,} not"

    def plan(self, organization: str) -> str:
        """Return what would happen: who, how many roles, departments and resources, where to."""
        lines = [f"Members to remove from {organization}: {self.removed:,}"]
        if self._leaving:
            lines.append(f"  {'':40} roles  departments  resources  to")
            lines += [
                f"  {row.email:40} {row.roles:5,}  {row.departments:11,}  {row.resources:9,}"
                f"  {row.transfer_to or '-'}"
                for row in self._leaving
            ]
        if self.removed > len(self._leaving):
            lines.append(f"  and {self.removed - len(self._leaving):,} more")
        lines += self._others()
        lines.append(
            f"In all: {self.roles:,} roles and {self.departments:,} departments are deleted;"
            f" {self.resources + self.forgotten:,} resources are concerned."
        )
        for target, number in sorted(self._by_target.items()):
            lines.append(
                f"  {number:,} {f'pass to {target}' if target else 'stay with their owners'}"
            )
        return "\n".join(lines)

    def result(self) -> str:
        """Return what happened."""
        return "\n".join([f"Removed: {self.removed:,}", *self._others()])

    def _others(self) -> list[str]:
        """Return the lines on those who are not removed, and why."""
        lines = []
        if already := self.outcomes[Outcome.ALREADY_REMOVED]:
            forgotten = (
                f"; {self.forgotten:,} resources of theirs pass on" if self.forgotten else ""
            )
            lines.append(f"Removed before: {already:,}{forgotten}")
        if duplicates := self.outcomes[Outcome.DUPLICATE]:
            lines.append(f"Duplicate rows: {duplicates:,}")
        if self.staying:
            lines.append(f"Cannot be removed: {self.staying:,}")
            lines += [f"  {_name(row)}: {row.message or row.outcome}" for row in self._staying]
        if self.staying > len(self._staying):
            lines.append(f"  and {self.staying - len(self._staying):,} more")
        return lines


def _name(row: Row) -> str:
    """Return how the row names whom it means: as the message speaks of it."""
    by_id = row.outcome in {Outcome.UNKNOWN_ID, Outcome.ID_AND_EMAIL_DIFFER} or not row.email
    return escaped(row.user_id if by_id else row.email)
