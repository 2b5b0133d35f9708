"""Admin lists that open as fast on a million rows as on ten."""

import json
from collections.abc import Iterable
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property

from config.admin.links import address_of_list
from config.admin.stale_forms import NoLostUpdates
from config.identifiers import PrefixedIdField, is_id

Row = TypeVar("Row", bound=Model)

COUNTED_UP_TO = 20_000


def count_or_estimate(rows: QuerySet[Any], limit: int = COUNTED_UP_TO) -> int:
    """Return the number of rows: exact up to the limit, above it PostgreSQL's estimate."""
    rows = rows.order_by()
    counted = rows[: limit + 1].count()
    if counted <= limit:
        return counted
    [plan] = json.loads(rows.values("pk").explain(format="json"))
    return max(counted, int(plan["Plan"]["Plan Rows"]))


def amount(counted: int) -> str:
    """Return what `count_or_estimate` counted as text, which says so if it is an estimate."""
    return f"{counted:,}" if counted <= COUNTED_UP_TO else f"about {counted:,}"


class EstimatingPaginator(Paginator[Any]):
    """A paginator that estimates the number of rows where counting would read a large table."""

    @cached_property
    def count(self) -> int:
        return count_or_estimate(cast("QuerySet[Any]", self.object_list), COUNTED_UP_TO)


class LargeTableAdmin(admin.ModelAdmin[Row]):
    """A paged list, newest first, whose rows are not all counted, with a search by indexes.

    ``search_fields`` are ids, which find their rows, and at most one relation or name, which finds
    by the ``matching`` of its own queryset.
    """

    form: type[forms.ModelForm[Any]] = NoLostUpdates
    paginator = EstimatingPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # facets would count every row
    list_per_page = 50
    ordering = ("-pk",)
    fixed_fields: tuple[str, ...] = ()  # read-only once the row exists

    def get_readonly_fields(self, request: HttpRequest, obj: Row | None = None) -> Any:
        fixed = self.fixed_fields if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        return (self.find(queryset, search_term) if search_term else queryset), False

    def find_to_change(self, request: HttpRequest, object_id: str) -> Row:
        """Return the row that a page of our own changes. Raises Http404 or PermissionDenied."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def title_of(self, row: Row) -> str:
        """Return the title of the row's page, with which its breadcrumbs end."""
        return str(row)

    def object_tools(self, request: HttpRequest, row: Row) -> Iterable[tuple[str, str, bool]]:
        """Yield the links above the row's form: the address, the text, whether it is dangerous."""
        return ()

    def related_lists(self, row: Row) -> Iterable[tuple[type[Model], str, dict[str, str]]]:
        """Yield the lists that the row's page links to: the model, the text, and the filters."""
        return ()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        row: Row | None = context.get("original")
        if row:
            context |= {"title": self.title_of(row), "subtitle": ""}
            context["object_tools"] = list(self.object_tools(request, row))
        context["related_lists"] = [
            (text, address_of_list(model, **filters))
            for model, text, filters in (self.related_lists(row) if row else ())
            if self.admin_site.get_model_admin(model).has_view_permission(request)
        ]
        return super().render_change_form(request, context, *args, **options)

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        if not (context["perms_lacking"] or context["protected"]):
            context["title"] = f"Delete {self.title_of(context['object'])}?"
        return super().render_delete_form(request, context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        name = self.title_of(row) if row else ""
        titles = {"title": f"History of {name}", "row_title": name}
        return super().history_view(request, object_id, titles | (extra_context or {}))

    def find(self, rows: QuerySet[Row], term: str) -> QuerySet[Row]:
        """Return the rows that a term finds: by the field whose id it is, else by names."""
        for name in self.search_fields:
            field = get_fields_from_path(self.model, name)[-1]
            if isinstance(field, PrefixedIdField):
                if any(is_id(prefix, term) for prefix in field.prefixes):
                    return rows.filter(**{name: term})
            elif related := field.related_model:
                matching = cast("Any", related)._default_manager.matching(term)
                return rows.filter(**{f"{name}__in": matching})
            else:
                return cast("QuerySet[Row]", cast("Any", rows).matching(term))
        return rows.none()


class NamedAdmin(LargeTableAdmin[Row]):
    """The base of lists that are searched by id or by name."""

    search_fields = ("name",)
    search_help_text = "An id, or how words of the name begin."


class ReadOnlyAdmin(LargeTableAdmin[Row]):
    """Shows records that only the services write: no adding, changing or deleting here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
