"""The API's exports: a list as a CSV file, with the list's filters."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django_filters.rest_framework import BooleanFilter, CharFilter, ChoiceFilter, FilterSet
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework.renderers import BaseRenderer

from config.api.filters import PeriodFilterSet
from config.api.openapi import describe_list
from organizations.api.view import OrganizationListView, Row
from organizations.export.csv_file import MEDIA_TYPE, Export
from organizations.guards.acts import EXPORT_LOG
from organizations.models import Source
from users.api_view import AuthenticatedRequest


class CsvRenderer(BaseRenderer):
    """Declares the media type of a view that writes its CSV itself."""

    media_type = MEDIA_TYPE
    format = "csv"


class RecordFilterSet(PeriodFilterSet):
    """Filters removals and events by actor, connection, source, request and time."""

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
        """Return all rows: this parameter asks for a column."""
        return rows


class ExportView(OrganizationListView[Row]):
    """Sends the rows of a list, the newest first, to those who may export them."""

    act = EXPORT_LOG
    renderer_classes = (CsvRenderer,)
    export: ClassVar[Export[Any]]

    def get(  # type: ignore[override]  # a response of Django's passes through as it is
        self, request: AuthenticatedRequest, *args: Any, **kwargs: Any
    ) -> StreamingHttpResponse:
        """Return the file. An exception before its first rows is answered as any other error."""
        return self.export.response(
            self.filter_queryset(self.get_queryset()),
            include_reason=request.query_params.get("include_reason", "").lower() == "true",
            is_head=request.method == "HEAD",
        )


def describe_export(*, operation_id: str, summary: str, example: str) -> Any:
    """Describe the GET of a view that exports; its errors are JSON as everywhere."""
    return describe_list(
        operation_id=operation_id,
        summary=summary,
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
            )
        },
        invalid={"include_reason": "This value is not valid."},
    )
