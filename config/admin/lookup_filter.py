"""A filter for admin lists with a text field instead of a list of choices."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest


class LookupFilter(admin.SimpleListFilter):
    """A filter with a text field, for a foreign key with too many choices to list.

    Subclasses set ``title``, ``parameter_name`` (the foreign key), ``hint`` (what to type) and
    ``matching`` (a function from the typed text to the rows it finds).
    """

    template = "admin/lookup_filter.html"
    hint: str
    matching: Callable[[str], QuerySet[Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return one empty choice: Django hides a filter without choices."""
        return [("", "")]

    def choices(self, changelist: ChangeList) -> Any:
        """Return the other parameters of the page, and its address without this filter."""
        others = [
            (name, value)
            for name, values in changelist.get_filters_params().items()
            for value in values
            if name != self.parameter_name
        ]
        if changelist.query:
            others.append((SEARCH_VAR, changelist.query))
        clear = changelist.get_query_string(remove=[str(self.parameter_name)])
        return [{"other_parameters": others, "clear": clear}]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that match the typed text; all rows if there is none."""
        term = (self.value() or "").strip()
        if not term:
            return queryset
        return queryset.filter(**{f"{self.parameter_name}__in": self.matching(term)})
