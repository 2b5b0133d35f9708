"""Writes the texts for the operator: the plan, the progress and the result."""

import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TextIO

from tqdm import tqdm

from config.characters import escaped
from organizations.bulk.report import PLANNED, SUCCESSES, Outcome, Row

NAMED = 20  # how many people of each kind are named
SECONDS_BETWEEN_LINES = 5


class Summary:
    """Totals of the rows of a run or of its plan, with the first that are done or refused."""

    done: Outcome  # of rows to which this run does something
    already: Outcome  # of rows to which it had been done before
    already_words: str

    @property
    def done_words(self) -> str:
        """Return what is done to a row, in words."""
        return self.done

    def __init__(self, *, is_plan: bool = False) -> None:
        self.is_plan = is_plan
        self.outcomes: Counter[str] = Counter()
        self.roles = 0
        self.departments = 0
        self.resources = 0
        self._done: list[Row] = []
        self._refused: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows to the totals."""
        for row in rows:
            self.outcomes[row.outcome] += 1
            if self._is_done(row):
                self._add_done(row)
            elif row.outcome == self.already:
                self._add_already(row)
            elif row.outcome not in SUCCESSES and len(self._refused) < NAMED:
                self._refused.append(row)

    def _is_done(self, row: Row) -> bool:
        """Tell whether this run does something to the person of this row."""
        return row.outcome == self._counted(self.done)

    def _counted(self, done: Outcome) -> Outcome:
        """Return the outcome that stands for this one here: a plan has its own."""
        return PLANNED[done] if self.is_plan else done

    def _in_words(self, done: Outcome) -> str:
        """Return how many rows have this outcome, in words."""
        would = "would be " if self.is_plan else ""
        return f"{self.outcomes[self._counted(done)]:,} {would}{done}"

    def _add_done(self, row: Row) -> None:
        """Add a person to whom this run does something."""
        self.roles += row.roles
        self.departments += row.departments
        self.resources += row.resources
        if len(self._done) < NAMED:
            self._done.append(row)

    def _add_already(self, row: Row) -> None:
        """Add a person to whom it had been done before; the base class adds nothing."""

    @property
    def count(self) -> int:
        """Return the number of rows."""
        return self.outcomes.total()

    @property
    def done_count(self) -> int:
        """Return the number of people to whom this run does something."""
        return self.outcomes[self._counted(self.done)]

    @property
    def refused_count(self) -> int:
        """Return the number of rows that are refused or name no account."""
        return sum(number for outcome, number in self.outcomes.items() if outcome not in SUCCESSES)

    @property
    def exit_status(self) -> int:
        """Return the command's exit status once all rows are added."""
        return 1 if self.refused_count else 0

    @property
    def changes_something(self) -> bool:
        """Return whether the run changes anything."""
        return bool(self.done_count)

    def add_with_progress(
        self, batches: Iterable[list[Row]], total: int, stream: TextIO
    ) -> Iterator[list[Row]]:
        """Add and yield the batches one by one, and show the progress of the total on the stream.

        A terminal shows a bar, any other stream a line every few seconds.
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
        done, already = self._in_words(self.done), self.outcomes[self.already]
        return f"{done}, {already:,} already {self.done}, {self.refused_count:,} not"

    @abstractmethod
    def plan(self, organization: str) -> str:
        """Return the text of the plan: who is affected, and how much of what they have."""

    def result(self) -> str:
        """Return the text of the result."""
        done = f"{self.done.capitalize()}: {self.done_count:,}"
        return "\n".join([done, *self._others(), *self._besides()])

    def _table(self, heading: str, *lines: str) -> list[str]:
        """Return the lines on the first people, below a heading, and the number of the others."""
        more = self.done_count - len(self._done)
        return [
            *([f"  {'':40} {heading}"] if lines and heading else []),
            *lines,
            *([f"  and {more:,} more"] if more else []),
        ]

    def _others(self) -> list[str]:
        """Return the lines on the people to whom nothing is done, with the reasons."""
        lines = []
        if already := self.outcomes[self.already]:
            lines.append(f"{self.already_words}: {already:,}{self._note_on_already()}")
        if duplicates := self.outcomes[Outcome.DUPLICATE]:
            lines.append(f"Duplicate rows: {duplicates:,}")
        if self.refused_count:
            lines.append(f"Cannot be {self.done_words}: {self.refused_count:,}")
            lines += [
                f"  {escaped(row.label)}: {row.message or row.outcome}" for row in self._refused
            ]
        if self.refused_count > len(self._refused):
            lines.append(f"  and {self.refused_count - len(self._refused):,} more")
        return lines

    def _besides(self) -> list[str]:
        """Return the lines on what else is done, or would be; the base class has none."""
        return []

    def _note_on_already(self) -> str:
        """Return the end of the line on people to whom it had been done before."""
        return ""
