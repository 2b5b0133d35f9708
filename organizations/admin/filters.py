"""Narrowing lists to an organization or a person that is typed in."""

from typing import Any

from django.db.models import QuerySet

from config.large_tables import LookupFilter
from organizations.models import Organization
from users.models import User


class OrganizationFilter(LookupFilter):
    """What belongs to one organization."""

    title = "organization"
    parameter_name = "organization"
    hint = "Id, or how the name begins"

    def lookup(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return the rows of the organizations that the term means."""
        return queryset.filter(organization__in=Organization.objects.matching(term))


class ActorFilter(LookupFilter):
    """What one person did."""

    title = "actor"
    parameter_name = "actor"
    hint = "Id, e-mail address or name"

    def lookup(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return the rows of the people whom the term means."""
        return queryset.filter(actor__in=User.objects.matching(term))
