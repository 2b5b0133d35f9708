"""Resources as they are registered: with a type and an entry, whoever they are given to."""

from organizations.models import Organization, Resource
from organizations.models.resource_type import DEFAULT_TYPE
from organizations.resources.insertion import NewResource, insert
from users.models import User


def make(
    organization: Organization, *owners: User, type_name: str = DEFAULT_TYPE
) -> list[Resource]:
    """Make one resource for each of these users, in their order."""
    made = [NewResource(owner=owner.pk, name="thing", type=type_name) for owner in owners]
    insert(organization.pk, made)
    rows = Resource.objects.in_bulk([resource.id for resource in made])
    return [rows[resource.id] for resource in made]
