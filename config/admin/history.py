"""A history with the records of what happened to a row, beside the changes by the admin's forms."""

from abc import abstractmethod
from typing import Any, TypeVar

from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from config.admin.large_tables import LargeTableAdmin
from config.admin.links import address_of_list, link

Row = TypeVar("Row", bound=Model)

SHOWN = 50


class RecordedHistory(LargeTableAdmin[Row]):
    """Begins a row's history with the latest records about it, for those who may see these.

    ``recorded_columns`` are columns of the records' own admin.
    """

    recorded_columns: tuple[str, ...]

    @abstractmethod
    def recorded(self, row: Row) -> QuerySet[Any]:
        """Return the records about the row."""

    @abstractmethod
    def recorded_filters(self, row: Row) -> dict[str, str]:
        """Return the filters with which the list of records shows those about the row."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        recorded = self._recorded(request, row) if row else {}
        return super().history_view(request, object_id, recorded | (extra_context or {}))

    def _recorded(self, request: HttpRequest, row: Row) -> dict[str, Any]:
        """Return the headings and cells of the latest records, and the list of all of them."""
        records: QuerySet[Any] = self.recorded(row)
        model_admin: Any = self.admin_site.get_model_admin(records.model)
        if not model_admin.has_view_permission(request):
            return {}
        shown = model_admin.get_queryset(request) & records
        shown = shown.select_related(*model_admin.list_select_related).order_by("-pk")
        columns = [getattr(model_admin, name) for name in self.recorded_columns]
        first, *others = columns
        return {
            "recorded_headings": [column.short_description for column in columns],
            "recorded": [
                [link(record, first(record)), *(column(record) for column in others)]
                for record in shown[:SHOWN]
            ],
            "all_recorded": address_of_list(records.model, **self.recorded_filters(row)),
        }
