"""Narrowing lists to an organization or a person that is typed in."""

from config.admin.lookup_filter import LookupFilter
from organizations.models import Organization
from users.models import User


class OrganizationFilter(LookupFilter):
    """What belongs to one organization."""

    title = "organization"
    parameter_name = "organization"
    hint = "Id, or how words of the name begin"
    matching = staticmethod(Organization.objects.matching)


class ActorFilter(LookupFilter):
    """What one person did."""

    title = "actor"
    parameter_name = "actor"
    hint = "Id, e-mail address or name"
    matching = staticmethod(User.objects.matching)
