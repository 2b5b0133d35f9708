"""A filter of a list with a field to type into, for too many choices to list."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest


class LookupFilter(admin.SimpleListFilter):
    """A filter with a field to type into, for too many choices to list.

    Subclasses name a ``title``, the foreign key as ``parameter_name``, a ``hint`` at what to type,
    and by ``matching`` what it finds.
    """

    template = "admin/lookup_filter.html"
    hint: str
    matching: Callable[[str], QuerySet[Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer no choice, but a field."""
        return [("", "")]

    def choices(self, changelist: ChangeList) -> Any:
        """Return the address's other parameters, which stay, and the address without this one."""
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
        """Narrow the list to what was typed."""
        term = (self.value() or "").strip()
        if not term:
            return queryset
        return queryset.filter(**{f"{self.parameter_name}__in": self.matching(term)})
