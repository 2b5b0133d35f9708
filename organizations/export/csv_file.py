"""Streams a list of any length as a CSV file, in parts that take little memory."""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from itertools import chain
from typing import Any, Generic, TypeVar

from django.db.models import Model, Prefetch, QuerySet
from django.http import StreamingHttpResponse

from config.characters import neutralized
from config.timestamps import in_whole_seconds

ROWS_AT_ONCE = 2000
MEDIA_TYPE = "text/csv"

Row = TypeVar("Row", bound=Model)
Cell = str | int | datetime | None
Columns = Mapping[str, Callable[[Any], Cell]]


@dataclass(frozen=True, slots=True)
class Export(Generic[Row]):
    """A kind of file: its name, its columns, and the optional columns with names of people."""

    file_name: str
    columns: Columns
    names: Columns
    names_read: tuple[str, ...]  # relations that the columns with names read
    read: tuple[str | Prefetch[Any], ...] = ()  # relations that the columns read

    def response(
        self,
        rows: QuerySet[Row],
        *,
        include_reason: bool,
        include_names: bool = False,
        include_organization: bool = False,
        is_head: bool = False,
    ) -> StreamingHttpResponse:
        """Return the file, the newest row first.

        The first rows are read at once, so that an exception is raised here. A server reads the
        whole body of a HEAD to drop it, so with ``is_head`` it ends after these.
        """
        columns = dict(self.columns)
        rows = rows.prefetch_related(*self.read)
        if include_organization:
            columns["organization_id"] = lambda row: row.organization_id
        if include_names:
            columns |= self.names
            rows = rows.prefetch_related(*self.names_read)
        if include_reason:
            columns["reason"] = lambda row: row.reason
        else:
            rows = rows.defer("reason")
        parts = _parts(rows, columns)
        return StreamingHttpResponse(
            chain([next(parts)], () if is_head else parts),
            content_type=f"{MEDIA_TYPE}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{self.file_name}"'},
        )


def _parts(rows: QuerySet[Any], columns: Columns) -> Iterator[str]:
    """Yield the file in parts, each read by its own statement, so that no cursor stays open."""
    part = StringIO()
    writer = csv.writer(part)
    writer.writerow(columns)
    rows = rows.order_by("-pk")
    found = list(rows[:ROWS_AT_ONCE])
    while True:
        writer.writerows([_written(column(row)) for column in columns.values()] for row in found)
        yield part.getvalue()
        if len(found) < ROWS_AT_ONCE:
            return
        part.seek(0)
        part.truncate()
        found = list(rows.filter(pk__lt=found[-1].pk)[:ROWS_AT_ONCE])


def _written(cell: Cell) -> str | int:
    """Return the text of a cell: no formula, a time as the API writes it, nothing for None."""
    match cell:
        case None:
            return ""
        case datetime():
            return in_whole_seconds(cell)
        case str():
            return neutralized(cell)
    return cell
