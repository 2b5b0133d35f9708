"""Resources as they are registered, with a type and an entry."""

from config.identifiers import generate_id
from organizations.models import Organization, Resource, ResourceType
from organizations.models.resource_type import DEFAULT_TYPE
from organizations.resources.rows import Row, insert
from users.models import User


def make(
    organization: Organization, *owners: User, type_name: str = DEFAULT_TYPE
) -> list[Resource]:
    """Make one resource for each of these users, members or not, in their order."""
    made = [Row(generate_id("res"), type_name, "thing", owner.pk, None) for owner in owners]
    ResourceType.objects.ensure(organization.pk, [type_name])
    insert(organization.pk, made)
    rows = Resource.objects.in_bulk([resource.id for resource in made])
    return [rows[resource.id] for resource in made]
