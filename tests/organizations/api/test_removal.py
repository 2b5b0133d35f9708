"""DELETE of a user, as the contract has it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.api.bodies import TO_DEPARTMENT, TO_USER
from organizations.capabilities import Capability
from organizations.models import Membership, Organization, Removal, Source
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

CONFIRMED = {"confirm": True}


def test_a_confirmed_removal_is_a_bare_204(as_owner: APIClient, member: Membership) -> None:
    response = as_owner.delete(address_of(member), CONFIRMED)

    assert (response.status_code, response.content) == (204, b"")
    assert "Content-Type" not in response.headers
    assert not Membership.objects.get(pk=member.pk).is_current


def test_the_record_says_who_from_where_and_under_which_trace(
    as_owner: APIClient, owner: Membership, member: Membership
) -> None:
    response = as_owner.delete(address_of(member), CONFIRMED, HTTP_X_REQUEST_ID="case-42")

    record = Removal.objects.get()
    assert response["X-Request-ID"] == record.trace_id == "case-42"
    assert (record.actor, record.source, record.reason) == (owner.user, Source.API, "")


def test_a_null_department_transfers_nothing(as_owner: APIClient, member: Membership) -> None:
    resource = ResourceFactory.create(organization=member.organization, owner=member.user)
    body = CONFIRMED | {"transfer_resources_to_department_id": None}

    assert as_owner.delete(address_of(member), body).status_code == 204

    resource.refresh_from_db()
    assert resource.owner == member.user


def test_a_second_removal_finds_nobody(as_owner: APIClient, member: Membership) -> None:
    as_owner.delete(address_of(member), CONFIRMED)

    response = as_owner.delete(address_of(member), CONFIRMED)

    assert refusal(response) == (404, "USER_NOT_FOUND")
    record = Removal.objects.get()
    assert response.json()["error"]["details"] == {
        "user_id": member.user_id,
        "removal_id": record.pk,
        "removed_at": record.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 422, "CONFIRMATION_REQUIRED"),
        ("{}", 422, "CONFIRMATION_REQUIRED"),
        ('{"confirm": false}', 422, "CONFIRMATION_REQUIRED"),
        ('{"confirm": "true"}', 422, "VALIDATION_ERROR"),
        ('{"confirm": 1}', 422, "VALIDATION_ERROR"),
        ('{"confirm": "yes"}', 422, "VALIDATION_ERROR"),
        ('{"confirm": null}', 422, "VALIDATION_ERROR"),
        ('{"confirm": [true]}', 422, "VALIDATION_ERROR"),
        ('{"confirm": true, "transfer_resources_to_department": "x"}', 422, "VALIDATION_ERROR"),
        ('{"confirm": true, "transfer_resources_to_department_id": 7}', 422, "VALIDATION_ERROR"),
        ('{"confirm": true, "self": 1, "system_message": 2}', 422, "VALIDATION_ERROR"),
        ('{"confirm": true, "confirm": false}', 400, "MALFORMED_REQUEST"),
        ('{"confirm": tru', 400, "MALFORMED_REQUEST"),
        ("[true]", 400, "MALFORMED_REQUEST"),
    ],
)
def test_a_body_that_does_not_confirm_removes_nobody(
    as_owner: APIClient, member: Membership, body: str, status: int, code: str
) -> None:
    response = as_owner.delete(address_of(member), body, content_type="application/json")

    assert refusal(response) == (status, code)
    assert Membership.objects.get(pk=member.pk).is_current


def test_a_chunked_body_is_refused_rather_than_taken_for_an_empty_one(
    as_owner: APIClient, member: Membership
) -> None:
    response = as_owner.delete(address_of(member), HTTP_TRANSFER_ENCODING="chunked")

    assert refusal(response) == (400, "MALFORMED_REQUEST")


def test_a_field_is_named_with_what_is_wrong_with_it(
    as_owner: APIClient, member: Membership
) -> None:
    response = as_owner.delete(address_of(member), {"confirm": 1, "confrim": True})

    assert response.json()["error"]["details"] == {
        "confirm": ["Must be true or false."],
        "confrim": ["This field is not known."],
    }


def test_an_heir_who_is_deactivated_or_leaves_is_not_found(
    as_owner: APIClient, member: Membership
) -> None:
    deactivated = MembershipFactory.create(organization=member.organization)
    deactivate(deactivated)

    for heir in (deactivated.user_id, member.user_id):
        response = as_owner.delete(address_of(member), CONFIRMED | {TO_USER: heir})
        assert refusal(response) == (404, "TRANSFER_USER_NOT_FOUND")
        assert response.json()["error"]["details"] == {"user_id": heir}
    assert Membership.objects.get(pk=member.pk).is_current


def test_what_the_user_owns_passes_to_the_heir_and_the_record_says_why(
    as_owner: APIClient, member: Membership, owner: Membership
) -> None:
    resource = ResourceFactory.create(organization=member.organization, owner=member.user)
    body = CONFIRMED | {TO_USER: owner.user_id, "reason": " Left for another job "}

    assert as_owner.delete(address_of(member), body).status_code == 204

    resource.refresh_from_db()
    record = Removal.objects.get()
    assert (resource.owner, resource.department) == (owner.user, None)
    assert (record.transferred_to_user, record.reason) == (owner.user, " Left for another job ")


@pytest.mark.parametrize("confirm", [True, False])
def test_two_targets_are_refused_on_both(
    as_owner: APIClient, member: Membership, confirm: bool
) -> None:
    body = {"confirm": confirm, TO_USER: "usr_x", TO_DEPARTMENT: "dept_x"}

    response = as_owner.delete(address_of(member), body)

    assert invalid_fields(response) == {TO_USER, TO_DEPARTMENT}


@pytest.mark.parametrize("reason", ["x" * 1001, 7, None, "\x00"])
def test_a_reason_is_a_text_of_at_most_a_thousand_characters(
    as_owner: APIClient, member: Membership, reason: object
) -> None:
    response = as_owner.delete(address_of(member), CONFIRMED | {"reason": reason})

    assert invalid_fields(response) == {"reason"}


def test_nobody_removes_somebody_above_them(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    remover = RoleFactory.create(organization=organization, capabilities=["remove_users"])
    billing = RoleFactory.create(
        organization=organization, capabilities=["remove_users", "manage_billing"]
    )
    caller = MembershipFactory.create(organization=organization, roles=[remover])
    target = MembershipFactory.create(organization=organization, roles=[billing])

    response = client_of(caller.user).delete(address_of(target), CONFIRMED)

    assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")
    assert response.json()["error"]["details"] == {"required_capabilities": ["manage_billing"]}


def test_an_override_is_above_every_other_capability(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    all_but_override = [c for c in Capability if c is not Capability.OVERRIDE_ALL_PERMISSIONS]
    role = RoleFactory.create(organization=organization, capabilities=all_but_override)
    caller = MembershipFactory.create(organization=organization, roles=[role])
    admin = MembershipFactory.create(organization=organization, roles=["Admin"])

    assert refusal(client_of(caller.user).delete(address_of(admin), CONFIRMED))[0] == 403
    assert client_of(admin.user).delete(address_of(caller), CONFIRMED).status_code == 204


def test_the_last_owner_cannot_be_removed(as_owner: APIClient, owner: Membership) -> None:
    response = as_owner.delete(address_of(owner), CONFIRMED)

    assert refusal(response) == (422, "LAST_OWNER_CANNOT_BE_REMOVED")
    assert response.json()["error"]["details"] == {
        "user_id": owner.user_id,
        "organization_id": owner.organization_id,
    }


def test_an_owner_whose_account_is_disabled_is_not_counted(
    as_owner: APIClient, owner: Membership
) -> None:
    MembershipFactory.create(
        organization=owner.organization, roles=["Owner"], user=UserFactory.create(is_active=False)
    )

    assert refusal(as_owner.delete(address_of(owner), CONFIRMED))[0] == 422


def test_the_checks_come_in_the_order_of_the_contract(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    """Everything is wrong at first; each step mends the first thing that is refused."""
    caller = MembershipFactory.create(organization=organization)
    remover = RoleFactory.create(organization=organization, capabilities=["remove_users"])
    client, stranger = client_of(caller.user), client_of(UserFactory.create())
    last_owner, nobody = address_of(owner), f"{address_of(owner)}x"
    wrong = {"confirm": 1, "transfer_resources_to_department_id": "dept_x"}
    right = {"confirm": True, "transfer_resources_to_department_id": "dept_x"}

    assert refusal(APIClient().delete(nobody, wrong))[1] == "AUTHENTICATION_REQUIRED"
    denied: Any = stranger.delete(nobody, wrong)
    assert refusal(denied)[1] == "ORGANIZATION_ACCESS_DENIED"
    assert denied.json()["error"]["details"] == {"organization_id": organization.pk}
    assert refusal(client.delete(nobody, wrong))[1] == "INSUFFICIENT_PERMISSIONS"
    caller.role_assignments.create(organization=organization, role=remover)
    assert refusal(client.delete(nobody, wrong))[1] == "VALIDATION_ERROR"
    assert refusal(client.delete(nobody, {}))[1] == "CONFIRMATION_REQUIRED"
    assert refusal(client.delete(nobody, right))[1] == "USER_NOT_FOUND"
    assert refusal(client.delete(last_owner, right))[1] == "INSUFFICIENT_PERMISSIONS"
    caller.role_assignments.create(
        organization=organization, role=organization.roles.get(name="Admin")
    )
    assert refusal(client.delete(last_owner, right))[1] == "LAST_OWNER_CANNOT_BE_REMOVED"
    MembershipFactory.create(organization=organization, roles=["Owner"])
    assert refusal(client.delete(last_owner, right))[1] == "DEPARTMENT_NOT_FOUND"
    assert client.delete(last_owner, CONFIRMED).status_code == 204


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [0, 20])
def test_a_removal_takes_four_statements_whatever_the_member_holds(
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
    body = CONFIRMED | {"transfer_resources_to_department_id": departments[0].pk}

    # the token with its user, what the caller may do, BEGIN, the locks, the removal, COMMIT
    with django_assert_num_queries(6):
        assert as_owner.delete(address_of(member), body).status_code == 204
