"""The departments and the roles of an organization."""

import pytest
from django.db.models import OuterRef
from rest_framework.test import APIClient

from organizations.api.member_count import CountUpTo
from organizations.models import Membership, Organization, RoleAssignment
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, RoleFactory
from tests.organizations.api.conftest import ClientHolding
from tests.organizations.api.lists import listed
from tests.removals import remove


@pytest.fixture
def client(client_holding: ClientHolding) -> APIClient:
    """A member without any capability."""
    return client_holding()


def test_departments_count_members_active_and_deactivated(
    client: APIClient, organization: Organization
) -> None:
    research = DepartmentFactory.create(organization=organization, name="Research")
    empty = DepartmentFactory.create(organization=organization, name="Empty")
    DepartmentFactory.create()  # elsewhere
    _, suspended, leaver = MembershipFactory.create_batch(
        3, organization=organization, departments=[research]
    )
    deactivate(suspended)
    remove(leaver)

    assert listed(client, organization, "departments") == [
        {"id": empty.pk, "name": "Empty", "member_count": 0},
        {"id": research.pk, "name": "Research", "member_count": 2},
    ]


def test_roles_say_what_they_grant(client: APIClient, organization: Organization) -> None:
    auditor = RoleFactory.create(
        organization=organization, name="Auditor", capabilities=["view_audit_log"]
    )

    roles = listed(client, organization, "roles")

    assert [(role["name"], role["member_count"], role["is_owner"]) for role in roles] == [
        ("Admin", 0, False),
        ("Auditor", 0, False),
        ("Member", 0, False),
        ("Owner", 1, True),
    ]
    assert roles[1] == {
        "id": auditor.pk,
        "name": "Auditor",
        "member_count": 0,
        "capabilities": ["view_audit_log"],
        "is_owner": False,
    }


@pytest.mark.parametrize(("limit", "counted"), [(10_000, 3), (3, 3), (2, None)])
def test_beyond_the_limit_there_is_no_number(
    organization: Organization, owner: Membership, limit: int, counted: int | None
) -> None:
    MembershipFactory.create_batch(3, organization=organization, roles=["Member"])
    holders = RoleAssignment.objects.filter(role=OuterRef("pk"))

    counting = organization.roles.filter(name="Member").annotate(number=CountUpTo(holders, limit))

    assert counting.values_list("number", flat=True).get() == counted
