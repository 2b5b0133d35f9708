"""Filters of the admin's lists: by what is typed, and by methods of querysets."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

FEW = 100  # are looked up, so that PostgreSQL knows how many rows of the list each has


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
        term = (self.value() or "").strip()
        if not term:
            return queryset
        found = self.matching(term)
        few = list(found.order_by().values_list("pk", flat=True)[: FEW + 1])
        return queryset.filter(**{f"{self.parameter_name}__in": few if len(few) <= FEW else found})


class QuerySetFilter(admin.SimpleListFilter):
    """A filter whose choices each narrow the list by a method of its model's queryset.

    ``narrowings`` are the choices: the word in the address, the name, and the method. Any other
    word is refused: the reader of a list, or of its export, would take all rows for the filtered.
    """

    narrowings: tuple[tuple[str, str, Callable[[Any], QuerySet[Any]]], ...]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, name) for word, name, _ in self.narrowings]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that the choice leaves. Raises IncorrectLookupParameters."""
        if not self.value():
            return queryset
        for word, _, narrowed in self.narrowings:
            if word == self.value():
                return narrowed(queryset)
        raise IncorrectLookupParameters
