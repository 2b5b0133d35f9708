"""What an operator reads: the plan before a removal, and what came of it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from organizations.bulk_removal.order import RemovalOrder
from organizations.bulk_removal.plan import Foreseen
from organizations.bulk_removal.report import ALREADY_REMOVED, REMOVED, ReportRow, Totals
from organizations.exceptions import (
    DepartmentNotFoundError,
    LastOwnerCannotBeRemovedError,
    UserNotFoundError,
)

NAMED = 20  # how many people of each kind are named

# Why somebody stays, in words; any other outcome stands for itself.
WORDS = {
    UserNotFoundError.code: "is not a member",
    DepartmentNotFoundError.code: "the department is unknown",
    LastOwnerCannotBeRemovedError.code: "is the last owner",
}


class Plan:
    """What would happen: who, how many roles, departments and resources, where to."""

    def __init__(self, order: RemovalOrder) -> None:
        self.order = order
        self.totals = Totals()
        self._leaving: list[Foreseen] = []
        self._staying: list[ReportRow] = []
        self._resources: Counter[str] = Counter()  # by department

    def add(self, foreseen: Sequence[Foreseen]) -> None:
        """Take in what is foreseen of some rows."""
        rows = [one.row for one in foreseen]
        leaving = [one for one in foreseen if one.row.outcome == REMOVED]
        self.totals.add(rows)
        self._leaving += leaving[: NAMED - len(self._leaving)]
        remember_staying(self._staying, rows)
        for one in leaving:
            self._resources[one.department_id] += one.row.resources

    def __str__(self) -> str:
        leaving_count = self.totals.outcomes[REMOVED]
        lines = [f"Members to remove from {self.order.organization}: {leaving_count:,}"]
        if self._leaving:
            lines.append(f"  {'':40} roles  departments  resources  to")
            lines += [_line(one) for one in self._leaving]
        if leaving_count > len(self._leaving):
            lines.append(f"  and {leaving_count - len(self._leaving):,} more")
        lines += staying_lines(self._staying, self.totals)
        lines.append(
            f"In all: {self.totals.roles:,} roles and {self.totals.departments:,} departments are"
            f" deleted; {self.totals.resources:,} resources are concerned."
        )
        for department_id, number in sorted(self._resources.items()):
            where = f"pass to {department_id}" if department_id else "stay with their owners"
            lines.append(f"  {number:,} {where}")
        return "\n".join(lines)


def _line(one: Foreseen) -> str:
    row = one.row
    where = one.department_id or "-"
    return f"  {row.email:40} {row.roles:5,}  {row.departments:11,}  {row.resources:9,}  {where}"


def remember_staying(staying: list[ReportRow], rows: Iterable[ReportRow]) -> None:
    """Add those who stay to a list, up to as many as are named."""
    staying += [row for row in rows if not row.is_out][: NAMED - len(staying)]


def staying_lines(staying: Sequence[ReportRow], totals: Totals) -> list[str]:
    """Return the lines that name who is not removed and why, and count who was removed before."""
    lines = []
    if already := totals.outcomes[ALREADY_REMOVED]:
        lines.append(f"Removed before: {already:,}")
    refused = totals.outcomes.total() - already - totals.outcomes[REMOVED]
    if refused:
        lines.append(f"Cannot be removed: {refused:,}")
        lines += [
            f"  {row.email or row.user_id}: {WORDS.get(row.outcome, row.outcome)}"
            for row in staying
        ]
    if refused > len(staying):
        lines.append(f"  and {refused - len(staying):,} more")
    return lines
