"""Writes the texts for the operator: the plan, the progress and the result."""

import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TextIO

from tqdm import tqdm

from config.case_insensitive_names import key_of
from config.characters import escaped
from organizations.bulk.joiners import JoinerRow
from organizations.bulk.report import SUCCESSES, Outcome, Row

NAMED = 20  # how many people of each kind are named
SECONDS_BETWEEN_LINES = 5


class Summary:
    """Totals of rows, with the first that are done and the first that are refused."""

    done: Outcome  # of rows to which this run does something
    already: Outcome  # of rows to which it had been done before
    already_words: str

    @property
    def done_words(self) -> str:
        """Return what is done to a row, in words."""
        return self.done

    def __init__(self) -> None:
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
        return row.outcome == self.done

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
        return self.outcomes[self.done]

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
        already = self.outcomes[self.already]
        return (
            f"{self.done_count:,} {self.done}, {already:,} already {self.done},"
            f" {self.refused_count:,} not"
        )

    @abstractmethod
    def plan(self, organization: str) -> str:
        """Return the text of the plan: who is affected, and how much of what they have."""

    def result(self) -> str:
        """Return the text of the result."""
        return "\n".join([f"{self.done.capitalize()}: {self.done_count:,}", *self._others()])

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

    def _note_on_already(self) -> str:
        """Return the end of the line on people to whom it had been done before."""
        return ""


class RemovalSummary(Summary):
    """The summary of a removal: who leaves, and the targets of their resources."""

    done = Outcome.REMOVED
    already = Outcome.ALREADY_REMOVED
    already_words = "Removed before"

    def __init__(self) -> None:
        super().__init__()
        self.leftovers = 0  # resources, transferred now, of people removed before
        self._by_target: Counter[str] = Counter()  # resources per target

    def _add_done(self, row: Row) -> None:
        super()._add_done(row)
        self._by_target.update(row.count_by_target)

    def _add_already(self, row: Row) -> None:
        self.leftovers += row.transferred
        self._by_target.update(row.count_by_target)

    @property
    def changes_something(self) -> bool:
        """Return whether anybody is removed or any resource is transferred."""
        return bool(self.done_count or self.leftovers)

    def plan(self, organization: str) -> str:
        """Return the plan: who leaves, what they have, and where their resources go."""
        lines = [
            f"Members to remove from {organization}: {self.done_count:,}",
            *self._table(
                "roles  departments  resources  to",
                *(
                    f"  {row.email:40} {row.roles:5,}  {row.departments:11,}  {row.resources:9,}"
                    f"  {_targets(row)}"
                    for row in self._done
                ),
            ),
            *self._others(),
            f"Deleted in all: roles {self.roles:,}, departments {self.departments:,}."
            f" Resources concerned: {self.resources + self.leftovers:,}.",
        ]
        for target, number in sorted(self._by_target.items()):
            lines.append(
                f"  {number:,} {f'pass to {target}' if target else 'stay with their owners'}"
            )
        return "\n".join(lines)

    def _note_on_already(self) -> str:
        return f"; {self.leftovers:,} resources of theirs pass on" if self.leftovers else ""


class AdditionSummary(Summary):
    """The summary of an addition: who joins, and which accounts and departments are made."""

    done = Outcome.ADDED
    already = Outcome.ALREADY_MEMBER
    already_words = "Members already, unchanged"

    def __init__(self) -> None:
        super().__init__()
        self._accounts = 0
        self._until = 0
        self._new_departments: dict[str, str] = {}  # names by what they are compared by

    def _add_done(self, row: Row) -> None:
        super()._add_done(row)
        if isinstance(row, JoinerRow):
            self._accounts += row.is_new_account
            self._until += bool(row.remove_at)
            for name in row.new_departments:
                self._new_departments.setdefault(key_of(name), name)

    def __str__(self) -> str:
        already = self.outcomes[self.already]
        return f"{self.done_count:,} added, {already:,} members already, {self.refused_count:,} not"

    def plan(self, organization: str) -> str:
        """Return the plan: who joins with what, and what is made for it."""
        return "\n".join(
            [
                f"Members to add to {organization}: {self.done_count:,}",
                *self._table(
                    "roles  departments",
                    *(
                        f"  {row.email:40} {row.roles:5,}  {row.departments:11,}"
                        for row in self._done
                    ),
                ),
                *self._others(),
                f"Given in all: roles {self.roles:,}, departments {self.departments:,}.",
                *self._made("to make"),
            ]
        )

    def result(self) -> str:
        """Return the text of the result."""
        return "\n".join([super().result(), *self._made("made")])

    def _made(self, words: str) -> list[str]:
        """Return the lines on accounts, departments and removals on a date, where there are any."""
        lines = []
        if self._accounts:
            lines.append(f"Accounts {words}: {self._accounts:,}")
        if names := list(self._new_departments.values()):
            more = len(names) - NAMED
            named = ", ".join([*names[:NAMED], *([f"{more:,} more"] if more > 0 else [])])
            lines.append(f"Departments {words}: {named}")
        if self._until:
            lines.append(f"Removals scheduled for remove_at: {self._until:,}")
        return lines


class ScheduleSummary(Summary):
    """The summary of scheduled removals."""

    done = Outcome.SCHEDULED
    already = Outcome.ALREADY_SCHEDULED
    already_words = "Scheduled before"

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self._at = at

    def plan(self, organization: str) -> str:
        """Return the plan: who leaves when, and the targets of their resources."""
        return "\n".join(
            [
                f"Members to remove from {organization} at {self._at:%Y-%m-%d %H:%M:%S} UTC:"
                f" {self.done_count:,}",
                *self._table("to", *(f"  {row.email:40} {_targets(row)}" for row in self._done)),
                *self._others(),
                "What they hold and own is looked at then; whoever is the last owner then stays.",
            ]
        )

    def _others(self) -> list[str]:
        removed = self.outcomes[Outcome.ALREADY_REMOVED]
        return [*([f"Removed before: {removed:,}"] if removed else []), *super()._others()]


class RestorationSummary(Summary):
    """The summary of a restoration: who comes back, and what does and does not with them."""

    done = Outcome.RESTORED
    already = Outcome.ALREADY_RESTORED
    already_words = "Restored before"

    def __init__(self) -> None:
        super().__init__()
        self._not_restored: Counter[str] = Counter()

    def _add_done(self, row: Row) -> None:
        super()._add_done(row)
        self._not_restored.update(
            roles=row.roles_not_restored,
            departments=row.departments_not_restored,
            resources=row.resources_not_restored,
        )

    def plan(self, organization: str) -> str:
        """Return the plan: who comes back, and what comes back with them."""
        lines = [
            f"Members to restore to {organization}: {self.done_count:,}",
            *self._table(
                "roles  departments  resources",
                *(
                    f"  {row.email:40} {row.roles:5,}  {row.departments:11,}  {row.resources:9,}"
                    for row in self._done
                ),
            ),
            *self._others(),
            f"Restored in all: roles {self.roles:,}, departments {self.departments:,}, resources"
            f" {self.resources:,}.",
        ]
        if self._not_restored.total():
            lost = self._not_restored
            lines.append(
                f"  Not restored, since they are gone or elsewhere: roles {lost['roles']:,},"
                f" departments {lost['departments']:,}, resources {lost['resources']:,}."
            )
        return "\n".join(lines)


def _targets(row: Row) -> str:
    """Return who takes over the person's resources, those of types last; "-" for nobody."""
    by_type = (f"{name}: {target}" for name, target in sorted(row.transfer_by_type.items()))
    return ", ".join([row.transfer_to or "-", *by_type])


class ImportSummary(Summary):
    """The summary of an import: which resources are made and changed, and which are not."""

    done = Outcome.CREATED
    already = Outcome.UNCHANGED
    already_words = "Unchanged"
    done_words = "imported"
    changes = (Outcome.CREATED, Outcome.UPDATED)

    def _is_done(self, row: Row) -> bool:
        return row.outcome in self.changes

    @property
    def done_count(self) -> int:
        """Return the number of resources that this run makes or changes."""
        return sum(self.outcomes[each] for each in self.changes)

    def __str__(self) -> str:
        counts = (f"{self.outcomes[each]:,} {each}" for each in (*self.changes, self.already))
        return f"{', '.join(counts)}, {self.refused_count:,} not"

    def plan(self, organization: str) -> str:
        """Return the plan: which resources are made or changed."""
        return "\n".join(
            [
                f"Resources to import into {organization}: {self.done_count:,}",
                *self._table(
                    "", *(f"  {escaped(row.label):40} {row.outcome}" for row in self._done)
                ),
                *self._totals(),
                *self._others(),
            ]
        )

    def result(self) -> str:
        """Return the text of the result."""
        return "\n".join([*self._totals(), *self._others()])

    def _totals(self) -> list[str]:
        """Return the lines on what is made and what is changed."""
        return [f"{each.capitalize()}: {self.outcomes[each]:,}" for each in self.changes]
