"""Filters for lists by organization and by actor."""

from config.admin.lookup_filter import LookupFilter
from organizations.models import Organization
from users.models import User


class OrganizationFilter(LookupFilter):
    """Filters a list by organization."""

    title = "organization"
    parameter_name = "organization"
    hint = "Id, or how words of the name begin"
    matching = staticmethod(Organization.objects.matching)


class ActorFilter(LookupFilter):
    """Filters a list by actor."""

    title = "actor"
    parameter_name = "actor"
    hint = "Id, e-mail address or name"
    matching = staticmethod(User.objects.matching)
