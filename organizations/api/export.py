"""Exports send records as CSV, however many, in parts that take little memory."""

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from io import StringIO
from itertools import chain
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import StreamingHttpResponse
from django_filters.rest_framework import BooleanFilter, CharFilter, ChoiceFilter, FilterSet
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework.renderers import BaseRenderer

from config.api.filters import PeriodFilterSet
from config.api.openapi import describe
from config.characters import neutralized
from config.timestamps import in_whole_seconds
from organizations.api.view import OrganizationListView, Row
from organizations.guards.acts import EXPORT_LOG
from organizations.models import Source
from users.api_view import AuthenticatedRequest

ROWS_AT_ONCE = 2000

Cell = str | int | datetime | None


class CsvRenderer(BaseRenderer):
    """Says that a view answers CSV, which it makes itself."""

    media_type = "text/csv"
    format = "csv"


class RecordFilterSet(PeriodFilterSet):
    """Filters for records of removals and of all changes: by actor, way, request and time."""

    actor_id = CharFilter(help_text="Only what this user did.")
    connection_id = CharFilter(
        help_text="Only what was done by this connection of a program or directory."
    )
    source = ChoiceFilter(choices=Source.choices, help_text="Only what came this way.")
    trace_id = CharFilter(help_text="Only what this request, or run of the command, did.")


class ExportFilterSet(FilterSet):
    """Filters an export as its list, and takes what an export has alone."""

    include_reason = BooleanFilter(
        method="all_rows",
        help_text="Whether a last column has the reason, which is free text (default: false).",
    )

    def all_rows(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """Leave no row out: this asks for a column."""
        return rows


class ExportView(OrganizationListView[Row]):
    """Streams the rows of a list, the newest first, to those who may export them."""

    act = EXPORT_LOG
    renderer_classes = (CsvRenderer,)
    file_name: ClassVar[str]
    columns: ClassVar[Mapping[str, Callable[[Any], Cell]]]

    def get(  # type: ignore[override]  # a response of Django's passes through as it is
        self, request: AuthenticatedRequest, *args: Any, **kwargs: Any
    ) -> StreamingHttpResponse:
        """Return the file. An exception before its first rows becomes an error as everywhere."""
        rows = self.filter_queryset(self.get_queryset())
        columns = dict(self.columns)
        if request.query_params.get("include_reason", "").lower() == "true":
            columns["reason"] = lambda row: row.reason
        else:
            rows = rows.defer("reason")
        parts = _csv_parts(rows, columns)
        # A server reads the whole body of a HEAD, too, to drop it.
        rest = parts if request.method == "GET" else ()
        return StreamingHttpResponse(
            chain([next(parts)], rest),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{self.file_name}"'},
        )


def describe_export(*, operation_id: str, summary: str, tag: str, example: str) -> Any:
    """Return the description of an export, whose errors are JSON as everywhere."""
    return describe(
        operation_id=operation_id,
        summary=summary,
        tags=[tag],
        description=(
            "CSV in UTF-8 with a header, the newest first, streamed however long it is; with the"
            " same filters as the list. No name and no address is in it. Cells that a spreadsheet"
            " would take for a formula begin with an apostrophe. A download that breaks off has no"
            " proper end of its chunks: take it for failed.\n\n"
            "Takes the capability `export_audit_log`."
        ),
        filters=True,
        responses={
            (200, CsvRenderer.media_type): OpenApiResponse(
                str,
                description="The file.",
                examples=[
                    OpenApiExample("Sample", value=example, media_type=CsvRenderer.media_type)
                ],
            ),
        },
        invalid={"include_reason": "This value is not valid."},
    )


def _csv_parts(
    rows: QuerySet[Model], columns: Mapping[str, Callable[[Any], Cell]]
) -> Iterator[str]:
    """Yield the file in parts; each is read by itself, so that no cursor is held open."""
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
