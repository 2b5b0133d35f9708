"""The list of an organization's users, and one of them."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.models import Membership, Organization
from tests.conftest import ClientOf
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, RoleFactory, UserFactory
from tests.organizations.api.address import address_of
from tests.organizations.api.conftest import ClientHolding
from tests.organizations.api.lists import address_in, ids, listed
from tests.organizations.api.refusal import refusal
from tests.removals import remove


@pytest.fixture
def client(client_holding: ClientHolding) -> APIClient:
    """A member without any capability."""
    return client_holding()


def user_ids(*members: Membership) -> list[str]:
    return sorted(member.user_id for member in members)


def test_a_page_has_every_member_in_the_order_of_their_ids(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    roles = RoleFactory.create_batch(2, organization=organization)
    MembershipFactory.create(
        organization=organization,
        user=UserFactory.create(pk="usr_0"),
        roles=reversed(roles),
        departments=[department],
    )
    remove(MembershipFactory.create(organization=organization))
    MembershipFactory.create()  # elsewhere

    page = listed(client, organization, "users")

    first, second, third = page["items"]
    assert first == client.get(address_in(organization, "users/usr_0")).json()
    assert first["role_ids"] == sorted(role.pk for role in roles)
    assert first["department_ids"] == [department.pk]
    assert first["id"] < second["id"] < third["id"]
    del page["items"]
    assert page == {"total": 3, "skip": 0, "limit": 50, "has_more": False}


def test_pages_follow_each_other_by_the_last_id(
    client: APIClient, organization: Organization
) -> None:
    MembershipFactory.create_batch(5, organization=organization)
    everybody = ids(client, organization, "users")

    found: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        page = listed(client, organization, "users", **query)
        found += [item["id"] for item in page["items"]]
        if not page["has_more"]:
            break
        query["after"] = found[-1]

    assert found == everybody
    assert len(found) == 7
    assert page["total"] is None


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ({}, {"active", "deactivated"}),
        ({"account_state": "active"}, {"active"}),
        ({"account_state": "deactivated"}, {"deactivated"}),
        ({"account_state": ["active", "deactivated"]}, {"active", "deactivated"}),
        ({"account_state": ["deactivated", "deactivated"]}, {"deactivated"}),
    ],
)
def test_by_state(
    client: APIClient, organization: Organization, query: Any, states: set[str]
) -> None:
    deactivate(*MembershipFactory.create_batch(2, organization=organization))

    page = listed(client, organization, "users", **query)

    assert {item["account_state"] for item in page["items"]} == states
    assert page["total"] == 2 * len(states)


def test_by_role_and_by_department(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    role = RoleFactory.create(organization=organization)
    both = MembershipFactory.create(
        organization=organization, roles=[role], departments=[department]
    )
    alone = MembershipFactory.create(organization=organization, roles=[role, "Member"])
    deactivate(alone)

    assert ids(client, organization, "users", role_id=role.pk) == user_ids(both, alone)
    assert ids(client, organization, "users", department_id=department.pk) == user_ids(both)
    query = {"role_id": role.pk, "account_state": "deactivated"}
    assert ids(client, organization, "users", **query) == user_ids(alone)
    query = {"role_id": role.pk, "department_id": department.pk}
    assert ids(client, organization, "users", **query) == user_ids(both)


def test_ids_that_are_not_of_the_organization_find_nobody(
    client: APIClient, organization: Organization
) -> None:
    elsewhere = MembershipFactory.create(roles=["Owner"])
    department = DepartmentFactory.create()

    for query in (
        {"role_id": elsewhere.role_assignments.get().role_id},
        {"department_id": department.pk},
        {"role_id": "role_unknown"},
        {"department_id": "malformed"},
        {"search": elsewhere.user_id},
        {"search": elsewhere.user.email},
    ):
        page = listed(client, organization, "users", **query)
        assert (page["items"], page["total"]) == ([], 0)


@pytest.mark.parametrize("term", ["Love", "lovelace", "ADA", "ada@ex", "usr_ada", "Lov Ada"])
def test_a_search_finds_people_as_the_admin_does(
    client: APIClient, organization: Organization, term: str
) -> None:
    user = UserFactory.create(pk="usr_ada", email="ada@example.com", full_name="Ada Lovelace")
    MembershipFactory.create(organization=organization, user=user)
    other = UserFactory.create(email="charles@example.com", full_name="Charles Babbage")
    MembershipFactory.create(organization=organization, user=other)

    assert ids(client, organization, "users", search=term) == ["usr_ada"]


def test_who_may_remove_learns_of_the_removal_of_somebody_who_is_not_found(
    client: APIClient, organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    leaver = MembershipFactory.create(organization=organization)
    [outcome] = remove(leaver)

    told: Any = client_of(owner.user).get(address_of(leaver))
    not_told: Any = client.get(address_of(leaver))

    assert refusal(told) == refusal(not_told) == (404, "USER_NOT_FOUND")
    assert told.json()["error"]["details"]["removal_id"] == outcome.removal_id
    assert not_told.json()["error"]["details"] == {"user_id": leaver.user_id}


def test_a_removal_that_the_caller_could_not_have_made_is_not_named(
    organization: Organization, client_holding: ClientHolding
) -> None:
    admin = MembershipFactory.create(organization=organization, roles=["Admin"])
    remove(admin)

    response: Any = client_holding("remove_users").get(address_of(admin))

    assert response.json()["error"]["details"] == {"user_id": admin.user_id}
