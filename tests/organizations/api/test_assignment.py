"""PATCH of what a user holds, as the design of members has it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.models import Event, Membership, Organization
from tests.conftest import ClientOf
from tests.factories import DepartmentFactory, MembershipFactory, RoleFactory, UserFactory
from tests.organizations.api.address import address_of
from tests.organizations.api.refusal import refusal
from tests.removals import remove

NOTHING: dict[str, list[str]] = {"role_ids": [], "department_ids": []}


def patch(
    client: APIClient, member: Membership, body: object = NOTHING, *, trace_id: str = ""
) -> Any:
    headers = {"X-Request-ID": trace_id}
    return client.patch(f"{address_of(member)}/memberships", body, headers=headers)


def test_it_answers_the_user_with_what_they_hold_now(
    as_owner: APIClient, organization: Organization, member: Membership
) -> None:
    roles = RoleFactory.create_batch(2, organization=organization)
    department = DepartmentFactory.create(organization=organization)
    role_ids = [role.pk for role in roles]

    response = patch(
        as_owner, member, {"role_ids": role_ids[::-1], "department_ids": [department.pk]}
    )

    assert response.status_code == 200
    body = response.json()
    assert body["id"] == member.user_id
    assert body["account_state"] == "active"
    assert body["role_ids"] == sorted(role_ids)
    assert body["department_ids"] == [department.pk]


def test_the_event_says_who_from_where_why_and_under_which_trace(
    as_owner: APIClient, owner: Membership, member: Membership
) -> None:
    patch(as_owner, member, NOTHING | {"reason": "On leave"}, trace_id="case-42")

    event = Event.objects.get(type=Event.Type.MEMBER_UPDATED)
    assert (event.actor, event.source) == (owner.user, "api")
    assert (event.reason, event.trace_id) == ("On leave", "case-42")


def test_a_request_that_changes_nothing_leaves_no_event(
    as_owner: APIClient, organization: Organization, member: Membership
) -> None:
    roles = [organization.roles.get(name="Member").pk] * 2

    response = patch(as_owner, member, {"role_ids": roles, "department_ids": []})

    assert response.status_code == 200
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 422, "VALIDATION_ERROR"),
        ('{"role_ids": []}', 422, "VALIDATION_ERROR"),
        ('{"department_ids": []}', 422, "VALIDATION_ERROR"),
        ('{"role_ids": null, "department_ids": []}', 422, "VALIDATION_ERROR"),
        ('{"role_ids": "role_x", "department_ids": []}', 422, "VALIDATION_ERROR"),
        ('{"role_ids": [1], "department_ids": []}', 422, "VALIDATION_ERROR"),
        ('{"role_ids": [null], "department_ids": []}', 422, "VALIDATION_ERROR"),
        ('{"role_ids": {"a": "b"}, "department_ids": []}', 422, "VALIDATION_ERROR"),
        ('{"role_ids": [], "department_ids": [], "x": 1}', 422, "VALIDATION_ERROR"),
        ('{"role_ids": [], "department_ids": [], "reason": 1}', 422, "VALIDATION_ERROR"),
        ('{"role_ids": [""], "department_ids": []}', 404, "ROLE_NOT_FOUND"),
        ('{"role_ids": ["role_\\u0000"], "department_ids": []}', 404, "ROLE_NOT_FOUND"),
        ('{"role_ids": [], "department_ids": ["role_x"]}', 404, "DEPARTMENT_NOT_FOUND"),
        ('{"role_ids": ["x"], "department_ids": ["x"]}', 404, "ROLE_NOT_FOUND"),
        ("[]", 400, "MALFORMED_REQUEST"),
    ],
)
def test_a_body_that_does_not_say_it_changes_nothing(
    as_owner: APIClient, member: Membership, body: str, status: int, code: str
) -> None:
    path = f"{address_of(member)}/memberships"

    response = as_owner.patch(path, body, content_type="application/json")

    assert refusal(response) == (status, code)
    assert member.role_assignments.count() == 1


def test_an_admin_takes_the_owner_role_and_does_not_give_it(
    organization: Organization, owner: Membership, member: Membership, client_of: ClientOf
) -> None:
    admin = MembershipFactory.create(organization=organization, roles=["Admin"])
    second = MembershipFactory.create(organization=organization, roles=["Owner"])
    owner_role = organization.roles.get(is_owner=True)
    made_owner = {"role_ids": [owner_role.pk], "department_ids": []}

    given = patch(client_of(admin.user), member, made_owner)

    assert refusal(given) == (403, "INSUFFICIENT_PERMISSIONS")
    assert given.json()["error"]["details"] == {"required_role_id": owner_role.pk}
    assert patch(client_of(admin.user), second).status_code == 200
    assert patch(client_of(owner.user), member, made_owner).status_code == 200


def test_the_checks_come_in_the_order_of_the_contract(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    """Everything is wrong at first; each step mends the first thing that is refused."""
    caller = MembershipFactory.create(organization=organization)
    client, stranger = client_of(caller.user), client_of(UserFactory.create())
    former = MembershipFactory.create(organization=organization)
    remove(former)
    wrong = {"role_ids": ["role_x"], "department_ids": ["dept_x"]}
    half = {"role_ids": [], "department_ids": ["dept_x"]}

    def code(client: APIClient, member: Membership, body: object) -> str:
        return refusal(patch(client, member, body))[1]

    def give(**grants: Any) -> None:
        role = RoleFactory.create(organization=organization, **grants)
        caller.role_assignments.create(organization=organization, role=role)

    assert code(APIClient(), former, {}) == "AUTHENTICATION_REQUIRED"
    assert code(stranger, former, {}) == "ORGANIZATION_ACCESS_DENIED"
    assert code(client, former, {}) == "INSUFFICIENT_PERMISSIONS"
    give(capabilities=["manage_users"])
    assert code(client, former, {}) == "VALIDATION_ERROR"
    assert code(client, former, wrong) == "USER_NOT_FOUND"
    assert code(client, owner, wrong) == "INSUFFICIENT_PERMISSIONS"
    give(capabilities=["override_all_permissions"])
    assert code(client, owner, wrong) == "LAST_OWNER_CANNOT_BE_REMOVED"
    MembershipFactory.create(organization=organization, roles=["Owner"])
    assert code(client, owner, wrong) == "ROLE_NOT_FOUND"
    assert code(client, owner, half) == "DEPARTMENT_NOT_FOUND"
    assert patch(client, owner).status_code == 200
