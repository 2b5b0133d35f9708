"""Writes the texts for the operator of each command, over what they share."""

from collections import Counter
from datetime import datetime

from config.case_insensitive_names import key_of
from config.characters import escaped
from organizations.bulk.joiners import JoinerRow
from organizations.bulk.report import Outcome, Row
from organizations.bulk.summary import NAMED, Summary


class RemovalSummary(Summary):
    """The summary of a removal: who leaves, and the targets of their resources."""

    done = Outcome.REMOVED
    already = Outcome.ALREADY_REMOVED
    already_words = "Removed before"

    def __init__(self, *, is_plan: bool = False) -> None:
        super().__init__(is_plan=is_plan)
        self.leftovers = 0  # resources, transferred now, of people removed before
        self._tasks = 0  # that these removals open
        self._by_target: Counter[str] = Counter()  # resources per target

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
        """Return the plan: who leaves, what they have, and where their resources go."""
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
        """Return the line on the tasks of these removals, where there are any."""
        opened = "to open" if self.is_plan else "opened"
        return [f"Tasks {opened}: {self._tasks:,}"] if self._tasks else []

    def _note_on_already(self) -> str:
        return f"; {self.leftovers:,} resources of theirs pass on" if self.leftovers else ""


class AdditionSummary(Summary):
    """The summary of an addition: who joins, and which accounts and departments are made."""

    done = Outcome.ADDED
    already = Outcome.ALREADY_MEMBER
    already_words = "Members already, unchanged"

    def __init__(self, *, is_plan: bool = False) -> None:
        super().__init__(is_plan=is_plan)
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
        return (
            f"{self._in_words(self.done)}, {already:,} members already, {self.refused_count:,} not"
        )

    def plan(self, organization: str) -> str:
        """Return the plan: who joins with what, and what is made for it."""
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
        """Return the lines on accounts, departments and removals on a date, where there are any."""
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


class ScheduleSummary(Summary):
    """The summary of scheduled removals."""

    done = Outcome.SCHEDULED
    already = Outcome.ALREADY_SCHEDULED
    already_words = "Scheduled before"

    def __init__(self, at: datetime, *, is_plan: bool = False) -> None:
        super().__init__(is_plan=is_plan)
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

    def __init__(self, *, is_plan: bool = False) -> None:
        super().__init__(is_plan=is_plan)
        self._cancelled_tasks = 0
        self._not_restored: Counter[str] = Counter()

    def _add_done(self, row: Row) -> None:
        super()._add_done(row)
        self._cancelled_tasks += row.cancelled_tasks
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
        """Return the line on the tasks that are cancelled with the removals, if there are any."""
        cancelled = "to cancel" if self.is_plan else "cancelled"
        return [f"Tasks {cancelled}: {self._cancelled_tasks:,}"] if self._cancelled_tasks else []


class ImportSummary(Summary):
    """The summary of an import: which resources are made and changed, and which are not."""

    done = Outcome.CREATED
    already = Outcome.UNCHANGED
    already_words = "Unchanged"
    done_words = "imported"
    changes = (Outcome.CREATED, Outcome.UPDATED)

    def _is_done(self, row: Row) -> bool:
        return row.outcome in {self._counted(each) for each in self.changes}

    @property
    def done_count(self) -> int:
        """Return the number of resources that this run makes or changes."""
        return sum(self.outcomes[self._counted(each)] for each in self.changes)

    def __str__(self) -> str:
        changes = ", ".join(map(self._in_words, self.changes))
        return (
            f"{changes}, {self.outcomes[self.already]:,} {self.already}, {self.refused_count:,} not"
        )

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
        """Return the lines on what is made and what is changed, or would be."""
        return [
            f"{outcome.replace('_', ' ').capitalize()}: {self.outcomes[outcome]:,}"
            for outcome in map(self._counted, self.changes)
        ]


def _counts(row: Row) -> str:
    """Return the beginning of a person's line: the address, and how many roles and departments."""
    return f"  {row.email:40} {row.roles:5,}  {row.departments:11,}"


def _targets(row: Row) -> str:
    """Return who takes over the person's resources, those of types last; "-" for nobody."""
    by_type = (f"{name}: {target}" for name, target in sorted(row.transfer_by_type.items()))
    return ", ".join([row.transfer_to or "-", *by_type])
