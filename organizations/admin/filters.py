"""Filters of lists by organization, actor, channel and day."""

from collections.abc import Callable
from datetime import date, timedelta
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


class DayFilter(LookupFilter):
    """Filters a list by a day, in the reader's zone.

    Subclasses set ``narrow``, a function from the rows and the day to the rows that remain.
    """

    narrow: Callable[[QuerySet[Any], date], QuerySet[Any]]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.hint = f"Year-month-day, in {zone_in_use()}"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of these days. Raises IncorrectLookupParameters."""
        if not (day := (self.value() or "").strip()):
            return queryset
        try:
            return self.narrow(queryset, date.fromisoformat(day))
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters from error


class SinceFilter(DayFilter):
    """Filters a list by the first day of what it shows."""

    title = "first day"
    parameter_name = "since"

    @staticmethod
    def narrow(rows: QuerySet[Any], day: date) -> QuerySet[Any]:
        return rows.filter(created_at__gte=midnight(day))


class UntilFilter(DayFilter):
    """Filters a list by the last day of what it shows."""

    title = "last day"
    parameter_name = "until"

    @staticmethod
    def narrow(rows: QuerySet[Any], day: date) -> QuerySet[Any]:
        return rows.filter(created_at__lt=midnight(day + timedelta(days=1)))


class SourceFilter(QuerySetFilter):
    """Filters a list by the channel of the request."""

    title = "channel"
    parameter_name = "source"
    narrowings = tuple(
        (word, name, methodcaller("filter", source=word)) for word, name in Source.choices
    )
