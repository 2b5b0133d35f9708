"""Who the caller is, and what members may do."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.models import Membership, Organization
from tests.conftest import ClientOf
from tests.deactivations import deactivate
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    RoleFactory,
    UserFactory,
)
from tests.organizations.api.address import address_of
from tests.organizations.api.refusal import refusal
from tests.removals import remove

ME = "/v1/user/me"


def permissions(client: APIClient, member: Membership) -> Any:
    response: Any = client.get(f"{address_of(member)}/effective-permissions")
    assert response.status_code == 200, response.content
    return response.json()


def test_me_says_who_the_token_is_of_and_what_they_hold_where(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    billing = RoleFactory.create(
        organization=organization, capabilities=["view_audit_log", "manage_billing"]
    )
    auditing = RoleFactory.create(organization=organization, capabilities=["view_audit_log"])
    departments = DepartmentFactory.create_batch(2, organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=[billing, auditing], departments=departments
    )
    elsewhere = MembershipFactory.create(user=member.user, roles=["Admin"])

    response: Any = client_of(member.user).get(ME)

    assert response.status_code == 200
    assert response.json() == {
        "id": member.user_id,
        "full_name": member.user.full_name,
        "email": member.user.email,
        "organizations": [
            {
                "id": organization.pk,
                "name": organization.name,
                "role_ids": sorted([billing.pk, auditing.pk]),
                "department_ids": sorted(department.pk for department in departments),
                "capabilities": ["manage_billing", "view_audit_log"],
            },
            {
                "id": elsewhere.organization_id,
                "name": elsewhere.organization.name,
                "role_ids": [elsewhere.organization.roles.get(name="Admin").pk],
                "department_ids": [],
                "capabilities": sorted(ALL_CAPABILITIES),
            },
        ],
    }


def test_me_takes_as_many_statements_for_ten_organizations_as_for_one(
    db: None, client_of: ClientOf, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = UserFactory.create()
    for _ in range(10):
        organization = OrganizationFactory.create()
        departments = DepartmentFactory.create_batch(2, organization=organization)
        MembershipFactory.create(
            user=user, organization=organization, roles=["Admin"], departments=departments
        )
    client = client_of(user)

    # Token, binding, account, memberships, what is held (3).
    with django_assert_num_queries(7):
        response: Any = client.get(ME)
    assert len(response.json()["organizations"]) == 10


def test_effective_permissions_are_the_union_over_the_roles(
    organization: Organization, as_owner: APIClient
) -> None:
    roles = [
        RoleFactory.create(organization=organization, capabilities=names)
        for names in (["view_audit_log", "manage_billing"], ["view_audit_log", "assign_roles"])
    ]
    departments = DepartmentFactory.create_batch(2, organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=roles, departments=departments
    )

    answer = permissions(as_owner, member)

    resolved_at = answer.pop("resolved_at")
    assert resolved_at.endswith("Z")
    assert timezone.now() - parse_datetime(resolved_at) < timedelta(minutes=1)  # type: ignore[operator]
    assert answer == {
        "user_id": member.user_id,
        "capabilities": ["assign_roles", "manage_billing", "view_audit_log"],
        "role_ids": sorted(role.pk for role in roles),
        "department_scope": sorted(department.pk for department in departments),
    }


@pytest.mark.parametrize(
    "granted",
    [[Capability.OVERRIDE_ALL_PERMISSIONS], sorted(ALL_CAPABILITIES)],
    ids=["the override", "each"],
)
def test_whoever_holds_every_capability_has_global_scope(
    organization: Organization, as_owner: APIClient, granted: list[str]
) -> None:
    role = RoleFactory.create(organization=organization, capabilities=granted)
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=[role], departments=[department]
    )

    answer = permissions(as_owner, member)

    assert answer["capabilities"] == sorted(ALL_CAPABILITIES)
    assert answer["department_scope"] == "global"


def test_a_deactivated_member_keeps_roles_and_may_do_nothing(
    organization: Organization, as_owner: APIClient
) -> None:
    member = MembershipFactory.create(organization=organization, roles=["Admin"])
    deactivate(member)

    answer = permissions(as_owner, member)

    assert (answer["capabilities"], answer["department_scope"]) == ([], [])
    assert answer["role_ids"] == [organization.roles.get(name="Admin").pk]


def test_the_404_names_an_earlier_removal_to_who_may_remove_users(
    organization: Organization, as_owner: APIClient, client_of: ClientOf
) -> None:
    former = MembershipFactory.create(organization=organization)
    [removed] = remove(former)
    address = f"{address_of(former)}/effective-permissions"

    of_owner: Any = as_owner.get(address)
    of_member: Any = client_of(MembershipFactory.create(organization=organization).user).get(
        address
    )

    assert refusal(of_owner) == refusal(of_member) == (404, "USER_NOT_FOUND")
    assert of_owner.json()["error"]["details"]["removal_id"] == removed.removal_id
    assert of_member.json()["error"]["details"] == {"user_id": former.user_id}
