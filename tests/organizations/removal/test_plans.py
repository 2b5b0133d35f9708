"""A removal reads what it is about, however large the tables are and whatever is known of them."""

import pytest
from django.db import connection

from organizations.capabilities import ALL_CAPABILITIES
from organizations.models import (
    Department,
    DepartmentMembership,
    Membership,
    Organization,
    Resource,
    Role,
    RoleAssignment,
    Source,
)
from organizations.removal.service import remove_members
from tests.factories import DepartmentFactory, RoleFactory, UserFactory
from tests.sequential_scans import tables_read_whole
from users.models import User


def add_members(
    organization: Organization, role: Role, department: Department, number: int
) -> None:
    """Add so many members, each with a role, a department and a resource."""
    users = User.objects.bulk_create(UserFactory.build_batch(number))
    members = Membership.objects.bulk_create(
        Membership(organization=organization, user=user) for user in users
    )
    RoleAssignment.objects.bulk_create(
        RoleAssignment(organization=organization, membership=member, role=role)
        for member in members
    )
    DepartmentMembership.objects.bulk_create(
        DepartmentMembership(organization=organization, membership=member, department=department)
        for member in members
    )
    Resource.objects.bulk_create(
        Resource(organization=organization, owner=user, name="thing") for user in users
    )


def analyze() -> None:
    """Have PostgreSQL look at how much there is, and of what kind."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.parametrize("statistics", ["fresh", "stale"])
# So few of 5,000 that their indexes are the cheaper way: of many more, reading a table whole is.
@pytest.mark.parametrize("leavers", [1, 3])
def test_no_large_table_is_read_whole(
    organization: Organization, statistics: str, leavers: int
) -> None:
    role = RoleFactory.create(organization=organization)
    department = DepartmentFactory.create(organization=organization)
    add_members(organization, role, department, 50)
    analyze()
    add_members(organization, role, department, 5000)
    if statistics == "fresh":
        analyze()
    user_ids = list(Membership.objects.values_list("user", flat=True)[:leavers])
    before = tables_read_whole()

    outcomes = remove_members(
        organization.pk,
        user_ids,
        transfer_to=department.pk,
        actor=None,
        source=Source.API,
        authority=ALL_CAPABILITIES,
    )

    assert all(outcome.removal_id for outcome in outcomes)
    assert tables_read_whole() == before


def test_the_record_of_a_membership_is_not_looked_for_among_all_of_the_organization(
    db: None,
) -> None:
    """As the database asks when a membership ends, while it knows nothing of the table yet."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE record (LIKE organizations_removal INCLUDING ALL)")
        cursor.execute(
            "EXPLAIN SELECT FROM record WHERE organization_id = 'org_1' AND membership_id = 1"
            " AND membership_is_current = true FOR KEY SHARE"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "membership_id = 1" in plan.split("Index Cond:")[1].splitlines()[0]
