"""How PostgreSQL goes about a restoration where there is much."""

import pytest

from organizations.models import Membership, Organization
from tests.factories import DepartmentFactory, RoleFactory
from tests.organizations.removal.test_plans import add_members, analyze
from tests.organizations.restoration.verbs import preview, restore, restored
from tests.removals import remove
from tests.sequential_scans import tables_read_whole


# So few of 5,000 that their indexes are the cheaper way: of many more, reading a table whole is.
@pytest.mark.parametrize("number", [1, 10])
def test_no_large_table_is_read_whole(organization: Organization, number: int) -> None:
    role = RoleFactory.create(organization=organization)
    department = DepartmentFactory.create(organization=organization)
    add_members(organization, role, department, 5000)
    members = list(Membership.objects.all()[:2000])
    remove(*members, transfer_to=department.pk)
    analyze()
    before = tables_read_whole()

    previews = preview(*members[:number])
    outcomes = restore(*members[:number])

    assert [restored(outcome).resource_count for outcome in outcomes] == [1] * number
    assert [restored(outcome).resource_count for outcome in previews] == [1] * number
    assert tables_read_whole() == before
