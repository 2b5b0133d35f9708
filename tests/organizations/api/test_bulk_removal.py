"""POST of a removal of several users, as the design of members has it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.api.bodies import TO_DEPARTMENT, TO_USER
from organizations.models import Membership, Organization, Removal, Resource
from tests.conftest import ClientOf
from tests.deactivations import deactivate
from tests.factories import MembershipFactory, ResourceFactory, RoleFactory
from tests.organizations.api.refusal import refusal
from tests.removals import remove


def remove_all(client: APIClient, organization: Organization, body: object) -> Any:
    return client.post(f"/v1/organizations/{organization.pk}/users/delete-bulk", body)


def confirmed(*members: Membership, **fields: object) -> dict[str, object]:
    return {"confirm": True, "user_ids": [member.user_id for member in members], **fields}


def test_each_user_is_answered_in_the_order_asked(
    as_owner: APIClient, organization: Organization, owner: Membership, member: Membership
) -> None:
    former, second = MembershipFactory.create_batch(2, organization=organization)
    [earlier] = remove(former)
    body = {
        "confirm": True,
        "reason": "closing down",
        "user_ids": [second.user_id, "nobody", owner.user_id, former.user_id, member.user_id],
    }

    response = remove_all(as_owner, organization, body)

    records = {record.membership_id: record for record in Removal.objects.all()}
    not_found = "The user is not a member of this organization."
    last_owner = "You cannot remove the last owner of the organization. Name another owner first."

    def result(user_id: str, outcome: str, record: str | None, error: object = None) -> object:
        return {"user_id": user_id, "outcome": outcome, "removal_id": record, "error": error}

    assert response.status_code == 200
    assert response.json() == {
        "success_count": 3,
        "failure_count": 2,
        "failed_operations": [
            {"id": "nobody", "error": not_found},
            {"id": owner.user_id, "error": last_owner},
        ],
        "results": [
            result(second.user_id, "removed", records[second.pk].pk),
            result(
                *("nobody", "refused", None),
                {"code": "USER_NOT_FOUND", "message": not_found, "details": {"user_id": "nobody"}},
            ),
            result(
                *(owner.user_id, "refused", None),
                {
                    "code": "LAST_OWNER_CANNOT_BE_REMOVED",
                    "message": last_owner,
                    "details": {"user_id": owner.user_id, "organization_id": organization.pk},
                },
            ),
            result(former.user_id, "already_removed", earlier.removal_id),
            result(member.user_id, "removed", records[member.pk].pk),
        ],
    }
    assert records[member.pk].reason == "closing down"
    assert Removal.objects.count() == 3


def test_the_records_have_the_trace_of_the_call(
    as_owner: APIClient, owner: Membership, member: Membership
) -> None:
    second = MembershipFactory.create(organization=owner.organization)

    response = remove_all(as_owner, owner.organization, confirmed(member, second))

    traces = Removal.objects.values_list("trace_id", flat=True)
    assert list(traces) == [response["X-Request-ID"]] * 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "CONFIRMATION_REQUIRED"),
        ({"confirm": False}, 422, "CONFIRMATION_REQUIRED"),
        ({"user_ids": ["usr_x"]}, 422, "CONFIRMATION_REQUIRED"),
        ({"confirm": True}, 422, "VALIDATION_ERROR"),
        ({"confirm": True, "user_ids": []}, 422, "VALIDATION_ERROR"),
        ({"confirm": True, "user_ids": "usr_x"}, 422, "VALIDATION_ERROR"),
        ({"confirm": True, "user_ids": [7]}, 422, "VALIDATION_ERROR"),
        ({"confirm": True, "user_ids": [None]}, 422, "VALIDATION_ERROR"),
        ({"confirm": True, "user_ids": ["usr_x", "usr_y", "usr_x"]}, 422, "VALIDATION_ERROR"),
        ({"confirm": True, "user_ids": [f"u{n}" for n in range(1001)]}, 422, "VALIDATION_ERROR"),
        ({"confirm": True, "user_ids": ["usr_x"], "dry_run": True}, 422, "VALIDATION_ERROR"),
        ({"confirm": False, "user_ids": []}, 422, "VALIDATION_ERROR"),
        (
            {"confirm": True, "user_ids": ["usr_x"], TO_USER: "usr_y", TO_DEPARTMENT: "dept_x"},
            *(422, "VALIDATION_ERROR"),
        ),
    ],
)
def test_a_body_that_is_not_right_removes_nobody(
    as_owner: APIClient, organization: Organization, body: dict[str, object], status: int, code: str
) -> None:
    assert refusal(remove_all(as_owner, organization, body)) == (status, code)


@pytest.mark.parametrize(("size", "status"), [(256 * 1024, 422), (256 * 1024 + 1, 413)])
def test_a_body_may_have_256_kib(
    as_owner: APIClient, organization: Organization, size: int, status: int
) -> None:
    body = '{"confirm": true}'

    response = as_owner.post(
        f"/v1/organizations/{organization.pk}/users/delete-bulk",
        body.rjust(size),
        content_type="application/json",
    )

    assert response.status_code == status


@pytest.mark.parametrize(
    ("field", "target", "code"),
    [
        (TO_DEPARTMENT, "dept_x", "DEPARTMENT_NOT_FOUND"),
        (TO_DEPARTMENT, "", "DEPARTMENT_NOT_FOUND"),
        (TO_DEPARTMENT, "the owner", "DEPARTMENT_NOT_FOUND"),
        (TO_USER, "usr_x", "TRANSFER_USER_NOT_FOUND"),
        (TO_USER, "", "TRANSFER_USER_NOT_FOUND"),
        (TO_USER, "the member", "TRANSFER_USER_NOT_FOUND"),
        (TO_USER, "deactivated", "TRANSFER_USER_NOT_FOUND"),
    ],
)
@pytest.mark.parametrize("with_member", [True, False])
def test_a_target_that_is_not_there_is_an_error_of_the_call(
    as_owner: APIClient,
    owner: Membership,
    member: Membership,
    field: str,
    target: str,
    code: str,
    with_member: bool,
) -> None:
    """Also where nobody among those asked could be removed anyway."""
    deactivated = MembershipFactory.create(organization=owner.organization)
    deactivate(deactivated)
    names = {"the owner": owner, "the member": member, "deactivated": deactivated}
    if target in names:
        target = names[target].user_id
    if not with_member:
        remove(member)

    response = remove_all(as_owner, owner.organization, confirmed(owner, member, **{field: target}))

    assert refusal(response) == (404, code)
    assert list(response.json()["error"]["details"].values()) == [target]
    assert Membership.objects.get(pk=member.pk).is_current == with_member


def test_it_takes_the_capability_to_remove(
    organization: Organization, owner: Membership, member: Membership, client_of: ClientOf
) -> None:
    """Also where nobody but oneself is named: one leaves by oneself."""
    response = remove_all(client_of(member.user), organization, confirmed(member))

    assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")


def test_who_is_above_the_caller_is_refused_and_their_earlier_removal_not_told(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    remover = RoleFactory.create(organization=organization, capabilities=["remove_users"])
    caller = MembershipFactory.create(organization=organization, roles=[remover])
    admin, former, peer = (
        MembershipFactory.create(organization=organization, roles=[role])
        for role in ("Admin", "Admin", remover)
    )
    remove(former)

    response = remove_all(client_of(caller.user), organization, confirmed(admin, former, peer))

    assert [
        result["error"]["code"] if result["error"] else result["outcome"]
        for result in response.json()["results"]
    ] == ["INSUFFICIENT_PERMISSIONS", "USER_NOT_FOUND", "removed"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [1, 20])
def test_it_takes_as_many_statements_however_many_there_are(
    as_owner: APIClient, owner: Membership, django_assert_num_queries: Any, size: int
) -> None:
    members = MembershipFactory.create_batch(
        size, organization=owner.organization, roles=["Member"]
    )
    for member in members:
        ResourceFactory.create(organization=owner.organization, owner=member.user)
    body = confirmed(*members, **{TO_USER: owner.user_id})

    # the token with its user, what the caller may do, the target, BEGIN, the locks, the removal,
    # COMMIT
    with django_assert_num_queries(7):
        response = remove_all(as_owner, owner.organization, body)

    assert response.json()["success_count"] == size
    assert Resource.objects.filter(owner=owner.user).count() == size
