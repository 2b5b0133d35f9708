"""Lists that take only the filters that their pages offer."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse

REFUSAL = "This list has no such filter, or none with such a value. All of it is shown."
NO_ROW = "Nothing was done: what was chosen is no row of this list."


class ListRefusedError(Exception):
    """A request has a filter that its list does not offer, or a malformed value."""


class OfferedChangeList(ChangeList):
    """A list that takes only the parameters of its filters and of its date hierarchy.

    Django takes every lookup of every field of the model. With these, a reader of the list could
    run a regular expression over the table, or guess what no page shows, such as a token's digest.
    """

    def get_filters(self, request: HttpRequest) -> Any:
        """Return Django's filters. Raises IncorrectLookupParameters for any other parameter."""
        try:
            filters = super().get_filters(request)
        except (ValueError, OverflowError) as error:  # a day that no calendar has
            raise IncorrectLookupParameters from error
        # Django removes what a filter has read, and adds a period for the date hierarchy.
        _, _, remaining, _, _ = filters
        if not self.get_filters_params().keys().isdisjoint(remaining):
            raise IncorrectLookupParameters
        return filters

    def get_results(self, request: HttpRequest) -> None:
        """Run the query. Raises IncorrectLookupParameters for a value that PostgreSQL refuses."""
        try:
            super().get_results(request)
        except DataError as error:
            raise IncorrectLookupParameters from error


class OfferedFilters(admin.ModelAdmin[Any]):
    """The part of every model's admin that refuses filters; the site then shows all, and why."""

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return OfferedChangeList

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list. Raises ListRefusedError, which Django does not catch."""
        try:
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, DisallowedModelAdminLookup) as error:
            raise ListRefusedError(REFUSAL) from error

    def response_action(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Take the action. Raises ListRefusedError for a malformed key among the chosen."""
        try:
            for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(chosen)
        except ValidationError as error:
            raise ListRefusedError(NO_ROW) from error
        return super().response_action(request, queryset)


def with_offered_filters(admin_class: type[admin.ModelAdmin[Any]]) -> type[admin.ModelAdmin[Any]]:
    """Return the class with this part mixed in, under the class's own name."""
    return type(admin_class.__name__, (OfferedFilters, admin_class), {})
