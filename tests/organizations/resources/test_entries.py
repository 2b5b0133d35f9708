"""What other systems say of a resource is apart from who owns it, and no transfer writes it."""

import pytest
from django.db import connection

from organizations.models import Membership, Organization, Resource
from organizations.transfer.service import transfer_resources, transfer_selected
from tests.callers import CallerWith
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.restoration.verbs import restore
from tests.removals import remove

ENTRY = "SELECT xmin::text, ctid::text FROM organizations_resourceentry"
RESOURCE = "SELECT xmin::text, ctid::text FROM organizations_resource"


def version(row: str) -> tuple[str, str]:
    """Return which version of the only row of a table it is: each change makes another."""
    with connection.cursor() as cursor:
        cursor.execute(row)
        [(transaction, place)] = cursor.fetchall()
        return transaction, place


@pytest.mark.django_db(transaction=True)
def test_whoever_it_passes_to_its_entry_is_not_written(organization: Organization) -> None:
    department = DepartmentFactory.create(organization=organization)
    leaver, heir = MembershipFactory.create_batch(2, organization=organization)
    resource = ResourceFactory.create(organization=organization, owner=leaver.user)
    entry, seen = version(ENTRY), {version(RESOURCE)}

    def the_resource_alone_was_written() -> bool:
        before = len(seen)
        seen.add(version(RESOURCE))
        return version(ENTRY) == entry and len(seen) > before

    remove(leaver, transfer_to=heir.user_id)
    assert the_resource_alone_was_written()
    restore(leaver)
    assert the_resource_alone_was_written()
    deactivate(Membership.objects.current().get(user=leaver.user), transfer_to=heir.user_id)
    assert the_resource_alone_was_written()
    deactivate(heir)
    transfer_resources(
        organization.pk, [heir.user_id], transfer_to=department.pk, caller=CallerWith()
    )
    assert the_resource_alone_was_written()
    other = MembershipFactory.create(organization=organization)
    transfer_selected(
        organization.pk, [resource.pk], transfer_to=other.user_id, caller=CallerWith()
    )
    assert the_resource_alone_was_written()
    assert Resource.objects.get().owner == other.user
