"""POST of a deactivation and of a reactivation, as the design of members has them."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.api.bodies import BY_TYPE, TO_DEPARTMENT, TO_USER
from organizations.models import Department, Event, Membership, Organization, Source
from tests.conftest import ClientOf
from tests.deactivations import deactivate
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
    RoleFactory,
    UserFactory,
)
from tests.organizations.api.address import address_of
from tests.organizations.api.refusal import invalid_fields, refusal
from tests.removals import remove


@pytest.fixture
def department(organization: Organization) -> Department:
    return DepartmentFactory.create(organization=organization)


def ask(client: APIClient, change: str, member: Membership, body: object = None) -> Any:
    return client.post(f"{address_of(member)}/{change}", body)


def test_a_deactivation_answers_the_user(
    as_owner: APIClient, member: Membership, department: Department
) -> None:
    resource = ResourceFactory.create(organization=member.organization, owner=member.user)

    response = ask(as_owner, "deactivate", member, {TO_DEPARTMENT: department.pk})

    resource.refresh_from_db()
    member.refresh_from_db()
    shown = response.json()
    assert (response.status_code, shown["id"]) == (200, member.user_id)
    assert (shown["account_state"], resource.department) == ("deactivated", department)
    assert member.deactivated_at
    assert shown["deactivated_at"] == member.deactivated_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len(shown) == 11


def test_a_reactivation_needs_no_body_and_answers_the_user(
    as_owner: APIClient, member: Membership
) -> None:
    deactivate(member)

    response = ask(as_owner, "reactivate", member)

    shown = response.json()
    assert response.status_code == 200
    assert (shown["account_state"], shown["deactivated_at"]) == ("active", None)
    assert shown["role_ids"] == [member.role_assignments.get().role_id]


def test_the_events_say_who_why_and_under_which_trace(
    as_owner: APIClient, owner: Membership, member: Membership
) -> None:
    for change, body in (("deactivate", {TO_USER: owner.user_id}), ("reactivate", {})):
        as_owner.post(
            f"{address_of(member)}/{change}",
            {**body, "reason": f"to {change}"},
            HTTP_X_REQUEST_ID=f"case-{change}",
        )

    assert list(
        Event.objects.order_by("created_at").values_list("actor", "source", "reason", "trace_id")
    ) == [
        (owner.user_id, Source.API, f"to {change}", f"case-{change}")
        for change in ("deactivate", "reactivate")
    ]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {TO_DEPARTMENT, TO_USER, BY_TYPE}),
        ({TO_DEPARTMENT: None, TO_USER: None}, {TO_DEPARTMENT, TO_USER, BY_TYPE}),
        ({TO_DEPARTMENT: "dept_x", TO_USER: "usr_x"}, {TO_DEPARTMENT, TO_USER}),
        ({TO_DEPARTMENT: 7}, {TO_DEPARTMENT}),
        ({TO_USER: ["usr_x"]}, {TO_USER}),
        ({TO_USER: "usr_x", "confirm": True}, {"confirm"}),
        ({TO_USER: "usr_x", "reason": "x" * 1001}, {"reason"}),
    ],
)
def test_a_deactivation_names_exactly_one_target(
    as_owner: APIClient, member: Membership, body: dict[str, object], fields: set[str]
) -> None:
    response = ask(as_owner, "deactivate", member, body)

    assert invalid_fields(response) == fields
    assert Membership.objects.get(pk=member.pk).is_active


@pytest.mark.parametrize("body", [{"confirm": True}, {"reason": 7}, {TO_USER: None}])
def test_a_reactivation_takes_a_reason_and_nothing_else(
    as_owner: APIClient, member: Membership, body: dict[str, object]
) -> None:
    deactivate(member)

    assert refusal(ask(as_owner, "reactivate", member, body)) == (422, "VALIDATION_ERROR")


def test_a_second_deactivation_learns_when_it_was_done(
    as_owner: APIClient, member: Membership, department: Department
) -> None:
    body = {TO_DEPARTMENT: department.pk}
    shown = ask(as_owner, "deactivate", member, body).json()

    response = ask(as_owner, "deactivate", member, body)

    assert refusal(response) == (422, "USER_ALREADY_DEACTIVATED")
    assert response.json()["error"]["details"] == {
        "user_id": member.user_id,
        "deactivated_at": shown["deactivated_at"],
    }


def test_nobody_deactivates_themself(as_owner: APIClient, owner: Membership) -> None:
    response = ask(as_owner, "deactivate", owner, {"wrong": 1})

    assert refusal(response) == (422, "CANNOT_DEACTIVATE_YOURSELF")
    assert response.json()["error"]["details"] == {"user_id": owner.user_id}


@pytest.mark.parametrize("change", ["deactivate", "reactivate"])
def test_a_former_member_is_not_found_with_the_removal(
    as_owner: APIClient, member: Membership, department: Department, change: str
) -> None:
    [removed] = remove(member)
    body = {TO_DEPARTMENT: department.pk} if change == "deactivate" else None

    response = ask(as_owner, change, member, body)

    assert refusal(response) == (404, "USER_NOT_FOUND")
    assert response.json()["error"]["details"]["removal_id"] == removed.removal_id


def test_the_checks_of_a_deactivation_come_in_their_order(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    """Everything is wrong at first; each step mends the first thing that is refused."""
    caller = MembershipFactory.create(organization=organization)
    suspender = RoleFactory.create(organization=organization, capabilities=["deactivate_users"])
    client, stranger = client_of(caller.user), client_of(UserFactory.create())
    nobody = MembershipFactory.build(organization=organization)
    wrong, right = {TO_USER: 1}, {TO_USER: "usr_nobody"}

    assert refusal(ask(APIClient(), "deactivate", nobody, wrong))[1] == "AUTHENTICATION_REQUIRED"
    assert refusal(ask(stranger, "deactivate", nobody, wrong))[1] == "ORGANIZATION_ACCESS_DENIED"
    response = ask(client, "deactivate", nobody, wrong)
    assert refusal(response)[1] == "INSUFFICIENT_PERMISSIONS"
    assert response.json()["error"]["details"] == {"required_capabilities": ["deactivate_users"]}
    caller.role_assignments.create(organization=organization, role=suspender)
    assert refusal(ask(client, "deactivate", caller, wrong))[1] == "CANNOT_DEACTIVATE_YOURSELF"
    assert refusal(ask(client, "deactivate", nobody, wrong))[1] == "VALIDATION_ERROR"
    assert refusal(ask(client, "deactivate", nobody, right))[1] == "USER_NOT_FOUND"
    assert refusal(ask(client, "deactivate", owner, right))[1] == "INSUFFICIENT_PERMISSIONS"
    caller.role_assignments.create(
        organization=organization, role=organization.roles.get(name="Admin")
    )
    last_owner = ask(client, "deactivate", owner, right)
    assert refusal(last_owner)[1] == "LAST_OWNER_CANNOT_BE_DEACTIVATED"
    assert last_owner.json()["error"]["type"] == "validation_error"
    MembershipFactory.create(organization=organization, roles=["Owner"])
    assert refusal(ask(client, "deactivate", owner, right))[1] == "TRANSFER_USER_NOT_FOUND"
    assert ask(client, "deactivate", owner, {TO_USER: caller.user_id}).status_code == 200
    assert refusal(ask(client, "deactivate", owner, right))[1] == "USER_ALREADY_DEACTIVATED"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [0, 20])
def test_a_deactivation_takes_as_many_statements_whatever_the_member_holds(
    as_owner: APIClient,
    organization: Organization,
    owner: Membership,
    django_assert_num_queries: Any,
    size: int,
) -> None:
    departments = DepartmentFactory.create_batch(size + 1, organization=organization)
    member = MembershipFactory.create(
        organization=organization,
        roles=RoleFactory.create_batch(size, organization=organization),
        departments=departments[1:],
    )
    ResourceFactory.create_batch(size, organization=organization, owner=member.user)

    # the token with its user, what the caller may do, BEGIN, the locks, the guards, the state, the
    # resources, the member, the event, COMMIT, and three for the user who is shown
    with django_assert_num_queries(14):
        assert (
            ask(as_owner, "deactivate", member, {TO_DEPARTMENT: departments[0].pk}).status_code
            == 200
        )
    with django_assert_num_queries(12):
        assert ask(as_owner, "reactivate", member).status_code == 200
