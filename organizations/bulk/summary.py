"""Writes the texts for the operator: the plan, the progress and the result of each command."""

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Generic, TextIO

from tqdm import tqdm

from config.case_insensitive_names import key_of
from config.characters import escaped
from organizations.bulk.joiners import JoinerRow
from organizations.bulk.report import PLANNED, SUCCESSES, AnyRow, Outcome, Row
from organizations.bulk.resources import ResourceRow

NAMED = 20  # how many people of each kind are named
SECONDS_BETWEEN_LINES = 5


@dataclass(kw_only=True)
class Summary(ABC, Generic[AnyRow]):
    """Totals of the rows of a run or of its plan, with the first that are done or refused."""

    changes: ClassVar[Sequence[Outcome]]  # the outcomes of rows that the run changes
    already: ClassVar[Outcome]  # the outcome of rows that were so before
    done_words: ClassVar[str]
    already_words: ClassVar[str]
    already_in_progress: ClassVar[str]  # the same in a line on the progress

    is_plan: bool = False
    outcomes: Counter[str] = field(default_factory=Counter)
    roles: int = 0
    departments: int = 0
    resources: int = 0
    _done: list[AnyRow] = field(default_factory=list)
    _refused: list[AnyRow] = field(default_factory=list)

    def add(self, rows: Iterable[AnyRow]) -> None:
        """Add rows to the totals."""
        for row in rows:
            self.outcomes[row.outcome] += 1
            if row.outcome in self.changes:
                self._add_done(row)
            elif row.outcome == self.already:
                self._add_already(row)
            elif row.outcome not in SUCCESSES and len(self._refused) < NAMED:
                self._refused.append(row)

    def _add_done(self, row: AnyRow) -> None:
        """Add a row that the run changes."""
        self.roles += row.roles
        self.departments += row.departments
        self.resources += row.resources
        if len(self._done) < NAMED:
            self._done.append(row)

    def _add_already(self, row: AnyRow) -> None:
        """Add a row that was so before; the base class adds nothing."""

    @property
    def count(self) -> int:
        """Return the number of rows."""
        return self.outcomes.total()

    @property
    def done_count(self) -> int:
        """Return the number of rows that the run changes."""
        return sum(self.outcomes[outcome] for outcome in self.changes)

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
        self, batches: Iterable[Sequence[AnyRow]], total: int, stream: TextIO
    ) -> Iterator[Sequence[AnyRow]]:
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
        would = "would be " if self.is_plan else ""
        done = ", ".join(f"{self.outcomes[each]:,} {would}{each}" for each in self.changes)
        already = f"{self.outcomes[self.already]:,} {self.already_in_progress}"
        return f"{done}, {already}, {self.refused_count:,} not"

    @abstractmethod
    def plan(self, organization: str) -> str:
        """Return the text of the plan: who is affected, and how much of what they have."""

    def result(self) -> str:
        return "\n".join([*self._totals(), *self._others(), *self._besides()])

    def _totals(self) -> list[str]:
        """Return a line on each kind of change, with the number of its rows."""
        words = {each: PLANNED[each] if self.is_plan else each for each in self.changes}
        return [
            f"{word.replace('_', ' ').capitalize()}: {self.outcomes[outcome]:,}"
            for outcome, word in words.items()
        ]

    def _table(self, heading: str, *lines: str) -> list[str]:
        """Return the lines on the first rows, below a heading, and the number of the others."""
        more = self.done_count - len(self._done)
        return [
            *([f"  {'':40} {heading}"] if lines and heading else []),
            *lines,
            *([f"  and {more:,} more"] if more else []),
        ]

    def _others(self) -> list[str]:
        """Return the lines on the rows that stay unchanged, with the reasons."""
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
        """Return the lines on side effects; the base class has none."""
        return []

    def _note_on_already(self) -> str:
        """Return the end of the line on rows that were so before."""
        return ""


@dataclass(kw_only=True)
class RemovalSummary(Summary[Row]):
    """The summary of a removal: who leaves, and the targets of their resources."""

    changes = (Outcome.REMOVED,)
    already = Outcome.ALREADY_REMOVED
    done_words = "removed"
    already_words = "Removed before"
    already_in_progress = "already removed"

    leftovers: int = 0  # resources, transferred now, of people removed before
    _tasks: int = 0  # that these removals open
    _by_target: Counter[str] = field(default_factory=Counter)  # resources per target

    def _add_done(self, row: Row) -> None:
        super()._add_done(row)
        self._tasks += row.open_tasks + row.closed_tasks
        self._by_target.update(row.count_by_target)

    def _add_already(self, row: Row) -> None:
        self.leftovers += row.transferred
        self._by_target.update(row.count_by_target)

    @property
    def changes_something(self) -> bool:
        """Return whether anybody is removed or any resource is transferred."""
        return bool(self.done_count or self.leftovers)

    def plan(self, organization: str) -> str:
        lines = [
            f"Members to remove from {organization}: {self.done_count:,}",
            *self._table(
                "roles  departments  resources  to",
                *(f"{_counts(row)}  {row.resources:9,}  {_targets(row)}" for row in self._done),
            ),
            *self._others(),
            f"To delete in all: roles {self.roles:,}, departments {self.departments:,}."
            f" Resources concerned: {self.resources + self.leftovers:,}.",
        ]
        for target, number in sorted(self._by_target.items()):
            lines.append(
                f"  {number:,} {f'pass to {target}' if target else 'stay with their owners'}"
            )
        return "\n".join([*lines, *self._besides()])

    def _besides(self) -> list[str]:
        opened = "to open" if self.is_plan else "opened"
        return [f"Tasks {opened}: {self._tasks:,}"] if self._tasks else []

    def _note_on_already(self) -> str:
        return f"; {self.leftovers:,} resources of theirs pass on" if self.leftovers else ""


@dataclass(kw_only=True)
class AdditionSummary(Summary[JoinerRow]):
    """The summary of an addition: who joins, and which accounts and departments are made."""

    changes = (Outcome.ADDED,)
    already = Outcome.ALREADY_MEMBER
    done_words = "added"
    already_words = "Members already, unchanged"
    already_in_progress = "members already"

    _accounts: int = 0
    _until: int = 0
    # Names by what they are compared by.
    _new_departments: dict[str, str] = field(default_factory=dict)

    def _add_done(self, row: JoinerRow) -> None:
        super()._add_done(row)
        self._accounts += row.is_new_account
        self._until += bool(row.remove_at)
        for name in row.new_departments:
            self._new_departments.setdefault(key_of(name), name)

    def plan(self, organization: str) -> str:
        return "\n".join(
            [
                f"Members to add to {organization}: {self.done_count:,}",
                *self._table("roles  departments", *map(_counts, self._done)),
                *self._others(),
                f"To give in all: roles {self.roles:,}, departments {self.departments:,}.",
                *self._besides(),
            ]
        )

    def _besides(self) -> list[str]:
        made, lines = "to make" if self.is_plan else "made", []
        if self._accounts:
            lines.append(f"Accounts {made}: {self._accounts:,}")
        if names := list(self._new_departments.values()):
            more = len(names) - NAMED
            named = ", ".join([*names[:NAMED], *([f"{more:,} more"] if more > 0 else [])])
            lines.append(f"Departments {made}: {named}")
        if self._until:
            lines.append(f"Removals scheduled for remove_at: {self._until:,}")
        return lines


@dataclass(kw_only=True)
class ScheduleSummary(Summary[Row]):
    """The summary of scheduled removals."""

    changes = (Outcome.SCHEDULED,)
    already = Outcome.ALREADY_SCHEDULED
    done_words = "scheduled"
    already_words = "Scheduled before"
    already_in_progress = "already scheduled"

    at: datetime

    def plan(self, organization: str) -> str:
        return "\n".join(
            [
                f"Members to remove from {organization} at {self.at:%Y-%m-%d %H:%M:%S} UTC:"
                f" {self.done_count:,}",
                *self._table("to", *(f"  {row.email:40} {_targets(row)}" for row in self._done)),
                *self._others(),
                "What they hold and own is looked at then; whoever is the last owner then stays.",
            ]
        )

    def _others(self) -> list[str]:
        removed = self.outcomes[Outcome.ALREADY_REMOVED]
        return [*([f"Removed before: {removed:,}"] if removed else []), *super()._others()]


@dataclass(kw_only=True)
class RestorationSummary(Summary[Row]):
    """The summary of a restoration: who comes back, and what does and does not with them."""

    changes = (Outcome.RESTORED,)
    already = Outcome.ALREADY_RESTORED
    done_words = "restored"
    already_words = "Restored before"
    already_in_progress = "already restored"

    _cancelled_tasks: int = 0
    _not_restored: Counter[str] = field(default_factory=Counter)

    def _add_done(self, row: Row) -> None:
        super()._add_done(row)
        self._cancelled_tasks += row.cancelled_tasks
        self._not_restored.update(
            roles=row.roles_not_restored,
            departments=row.departments_not_restored,
            resources=row.resources_not_restored,
        )

    def plan(self, organization: str) -> str:
        lines = [
            f"Members to restore to {organization}: {self.done_count:,}",
            *self._table(
                "roles  departments  resources",
                *(f"{_counts(row)}  {row.resources:9,}" for row in self._done),
            ),
            *self._others(),
            f"To restore in all: roles {self.roles:,}, departments {self.departments:,},"
            f" resources {self.resources:,}.",
        ]
        if self._not_restored.total():
            lost = self._not_restored
            lines.append(
                f"  Not restored, since they are gone or elsewhere: roles {lost['roles']:,},"
                f" departments {lost['departments']:,}, resources {lost['resources']:,}."
            )
        return "\n".join([*lines, *self._besides()])

    def _besides(self) -> list[str]:
        cancelled = "to cancel" if self.is_plan else "cancelled"
        return [f"Tasks {cancelled}: {self._cancelled_tasks:,}"] if self._cancelled_tasks else []


@dataclass(kw_only=True)
class ImportSummary(Summary[ResourceRow]):
    """The summary of an import: which resources are made and changed, and which are not."""

    changes = (Outcome.CREATED, Outcome.UPDATED)
    already = Outcome.UNCHANGED
    done_words = "imported"
    already_words = "Unchanged"
    already_in_progress = "unchanged"

    def plan(self, organization: str) -> str:
        lines = (f"  {escaped(row.label):40} {PLANNED[row.outcome]}" for row in self._done)
        return "\n".join(
            [
                f"Resources to import into {organization}: {self.done_count:,}",
                *self._table("", *lines),
                *self._totals(),
                *self._others(),
            ]
        )


def _counts(row: Row) -> str:
    """Return the beginning of a person's line: the address, and how many roles and departments."""
    return f"  {row.email:40} {row.roles:5,}  {row.departments:11,}"


def _targets(row: Row) -> str:
    """Return who takes over the person's resources, those of types last; "-" for nobody."""
    by_type = (f"{name}: {target}" for name, target in sorted(row.transfer_by_type.items()))
    return ", ".join([row.transfer_to or "-", *by_type])
