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


@pytest.mark.parametrize(
    ("capabilities", "changes", "expected"),
    [
        ([], "nothing", 403),
        (["remove_users"], "nothing", 403),
        (["assign_roles"], "nothing", 200),
        (["manage_users"], "nothing", 200),
        (["assign_roles"], "roles", 200),
        (["manage_users"], "roles", 403),
        (["assign_roles"], "departments", 403),
        (["manage_users"], "departments", 200),
        (["assign_roles", "manage_users"], "both", 200),
        (["override_all_permissions"], "both", 200),
    ],
)
def test_what_really_changes_decides_which_capability_it_takes(
    organization: Organization,
    owner: Membership,
    client_of: ClientOf,
    capabilities: list[str],
    changes: str,
    expected: int,
) -> None:
    role = RoleFactory.create(organization=organization, capabilities=capabilities)
    caller = MembershipFactory.create(organization=organization, roles=[role])
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=["Member"], departments=[department]
    )
    body = {
        "role_ids": [organization.roles.get(name="Member").pk],
        "department_ids": [department.pk],
    }
    if changes in {"roles", "both"}:
        body["role_ids"] = []
    if changes in {"departments", "both"}:
        body["department_ids"] = []

    assert patch(client_of(caller.user), member, body).status_code == expected


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


def test_nobody_gives_themself_more_than_they_have(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    role = RoleFactory.create(organization=organization, capabilities=["assign_roles"])
    caller = MembershipFactory.create(organization=organization, roles=[role])
    admin = organization.roles.get(name="Admin")

    response = patch(
        client_of(caller.user), caller, {"role_ids": [role.pk, admin.pk], "department_ids": []}
    )

    assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")
    assert patch(client_of(caller.user), caller).status_code == 200
    assert patch(client_of(caller.user), caller).status_code == 403


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


def test_a_user_of_whom_there_is_no_membership_is_not_found(
    as_owner: APIClient, organization: Organization, member: Membership
) -> None:
    stranger = MembershipFactory.create()
    [removal] = remove(member)

    unknown = as_owner.patch(
        f"/v1/organizations/{organization.pk}/users/{stranger.user_id}/memberships", NOTHING
    )
    former = patch(as_owner, member)

    assert refusal(unknown) == refusal(former) == (404, "USER_NOT_FOUND")
    assert former.json()["error"]["details"]["removal_id"] == removal.removal_id
