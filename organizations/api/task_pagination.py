"""Tasks have pages by id, and pages by the date when they are due."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self, TypeVar

from django.db.models import QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan  # type: ignore[import-untyped]  # no stubs yet
from rest_framework.request import Request
from rest_framework.views import APIView

from config.api.cursors import content_of, text_of
from config.api.pagination import IdOrCursorPagination
from organizations.api import examples

_Row = TypeVar("_Row")

BY_DUE_DATE = {"overdue", "due_before"}  # the filters that order by due date

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CONTENT = re.compile(r"([0-9]{1,17})\.(tsk_[A-Za-z0-9_]{1,60})")


@dataclass(frozen=True, slots=True)
class DueCursor:
    """The last task of a page by due date."""

    due_at: datetime
    task_id: str

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the cursor of this text. Raises ValueError for any other text."""
        if found := _CONTENT.fullmatch(content_of(text)):
            return cls(_EPOCH + int(found[1]) * _MICROSECOND, found[2])
        raise ValueError("no cursor of tasks")

    @property
    def text(self) -> str:
        """Return the cursor as a client sends it back."""
        return text_of(f"{(self.due_at - _EPOCH) // _MICROSECOND}.{self.task_id}")


class TaskPagination(IdOrCursorPagination):
    """Tasks in the order of ids; with a filter about due dates, the earliest due first."""

    other_order = "`overdue` or `due_before`"
    next_schema: ClassVar = {
        "type": ["string", "null"],
        "description": (
            f"With {other_order}: the `cursor` of the page after this one, opaque; null on the"
            " last page."
        ),
        "examples": [DueCursor(datetime(2025, 12, 29, 15, 30, tzinfo=UTC), examples.TASK_ID).text],
    }

    def paginate_queryset(
        self, queryset: QuerySet[Any, _Row], request: Request, view: APIView | None = None
    ) -> list[_Row]:
        if BY_DUE_DATE.isdisjoint(request.query_params):
            self.refuse_cursor(request)
            return super().paginate_queryset(queryset, request, view)
        if passed := self.begin_by_cursor(request, DueCursor.from_text):
            # Compared as a row: many tasks with the same date are not read from the first one on.
            place = (passed.due_at, passed.task_id)
            queryset = queryset.filter(TupleGreaterThan(Tuple("due_at", "pk"), place))
        rows: list[Any] = list(queryset.order_by("due_at", "pk")[: self.limit + 1])
        self.has_more = len(rows) > self.limit
        if self.has_more:
            rows.pop()
            self.next_cursor = DueCursor(rows[-1].due_at, rows[-1].pk).text
        return rows
