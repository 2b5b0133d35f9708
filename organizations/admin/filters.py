"""Filters of lists by organization, by who did it, through what, and by day."""

from datetime import date
from operator import methodcaller
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest

from config.admin.filters import LookupFilter, QuerySetFilter
from config.admin.times import midnight, zone_in_use
from organizations.models import Organization, Source
from users.models import User


class OrganizationFilter(LookupFilter):
    """Filters a list by organization."""

    title = "organization"
    parameter_name = "organization"
    hint = "Id, or how words of the name begin"
    matching = staticmethod(Organization.objects.matching)


class ActorFilter(LookupFilter):
    """Filters a list by actor."""

    title = "who did it"
    parameter_name = "actor"
    hint = "Id, e-mail address or name"
    matching = staticmethod(User.objects.matching)


class SinceFilter(LookupFilter):
    """Filters a list by the day since when its rows were made."""

    title = "first day"
    parameter_name = "since"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.hint = f"Year-month-day, in {zone_in_use()}"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that were made since. Raises IncorrectLookupParameters."""
        if not (day := (self.value() or "").strip()):
            return queryset
        try:
            begin = midnight(date.fromisoformat(day))
        except ValueError as error:
            raise IncorrectLookupParameters from error
        return queryset.filter(created_at__gte=begin)


class SourceFilter(QuerySetFilter):
    """Filters a list by the surface that something was asked for through."""

    title = "channel"
    parameter_name = "source"
    narrowings = tuple(
        (word, name, methodcaller("filter", source=word)) for word, name in Source.choices
    )
