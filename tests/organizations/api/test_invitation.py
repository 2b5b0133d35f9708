"""POST users/invite/v2."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.domains.service import set_domains
from organizations.models import Membership, Organization
from tests.conftest import ClientOf
from tests.factories import DepartmentFactory, MembershipFactory
from tests.organizations.api.refusal import invalid_fields, refusal
from users.models import User

pytestmark = pytest.mark.django_db

NORA = {"email": "nora@acme.example", "full_name": "Nora New"}


@pytest.fixture
def address(organization: Organization) -> str:
    set_domains(organization.pk, ["acme.example"])
    return f"/v1/organizations/{organization.pk}/users/invite/v2"


def test_the_answer_is_the_user(as_owner: APIClient, address: str, owner: Membership) -> None:
    department = DepartmentFactory.create(organization=owner.organization)
    role = owner.organization.roles.get(name="Member")

    response: Any = as_owner.post(
        address, {**NORA, "role_ids": [role.pk], "department_ids": [department.pk]}
    )

    assert response.status_code == 201
    assert response.json() == {
        "id": User.objects.get(email=NORA["email"]).pk,
        "full_name": "Nora New",
        "email": "nora@acme.example",
        "user_name": "nora@acme.example",
        "account_state": "active",
        "role_ids": [role.pk],
        "department_ids": [department.pk],
        "organization_id": owner.organization_id,
        "invitation_link": None,
        "invited_at": None,
        "deactivated_at": None,
    }


def test_when_the_mail_was_sent_is_shown_alone_and_in_the_list(
    as_owner: APIClient, address: str, organization: Organization
) -> None:
    as_owner.post(address, NORA)
    Membership.objects.filter(user__email=NORA["email"]).update(invited_at="2025-12-22T15:30:00.5Z")
    users = f"/v1/organizations/{organization.pk}/users"

    [listed] = [
        user for user in as_owner.get(users).json()["items"] if user["email"] == NORA["email"]
    ]
    shown: Any = as_owner.get(f"{users}/{listed['id']}")

    assert listed["invited_at"] == shown.json()["invited_at"] == "2025-12-22T15:30:00Z"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nora"}, "email"),
        ({"email": f"{'n' * 250}@acme.example"}, "email"),
        ({"email": "usr_1@erased.invalid"}, "email"),
        ({"email": '"nora\x1c\x1cDear"@acme.example'}, "email"),
        ({"email": 7}, "email"),
        ({"full_name": ""}, "full_name"),
        ({"full_name": " \u200b"}, "full_name"),
        ({"full_name": "x" * 256}, "full_name"),
        ({"role_ids": "role_member"}, "role_ids"),
        ({"department_ids": [7]}, "department_ids"),
        ({"send_invitation": "yes"}, "send_invitation"),
        ({"custom_message": "x" * 1001}, "custom_message"),
        ({"role": "Member"}, "role"),
    ],
    ids=[
        *("no-address", "long-address", "erased-address", "two-lines", "number"),
        *("no-name", "invisible-name", "long-name"),
        *("no-list", "no-id", "no-boolean", "long-message", "unknown"),
    ],
)
def test_what_is_malformed_is_named(
    as_owner: APIClient, address: str, change: dict[str, Any], field: str
) -> None:
    response: Any = as_owner.post(address, {**NORA, **change})

    assert invalid_fields(response) == {field}


@pytest.mark.parametrize(
    ("sent", "kept"), [("x" * 255, "x" * 200), (" Nora\u202e New\t", "Nora New")], ids=ascii
)
def test_a_name_is_kept_without_what_is_invisible_and_as_far_as_an_account_has_room(
    as_owner: APIClient, address: str, sent: str, kept: str
) -> None:
    response: Any = as_owner.post(address, {**NORA, "full_name": sent})

    assert response.json()["full_name"] == kept


def test_a_member_is_told(as_owner: APIClient, address: str) -> None:
    first: Any = as_owner.post(address, NORA)
    again: Any = as_owner.post(address, NORA)

    assert refusal(again) == (409, "MEMBERSHIP_ALREADY_EXISTS")
    assert again.json()["error"]["details"]["user_id"] == first.json()["id"]


def test_another_domain_is_refused_in_words_that_name_the_domains(
    as_owner: APIClient, address: str
) -> None:
    response: Any = as_owner.post(address, {**NORA, "email": "nora@other.example"})

    assert refusal(response) == (403, "DOMAIN_NOT_ALLOWED")
    assert "Allowed: acme.example." in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"role_ids": ["role_none"]}, "ROLE_NOT_FOUND"),
        ({"department_ids": ["dept_none"]}, "DEPARTMENT_NOT_FOUND"),
    ],
    ids=["role", "department"],
)
def test_what_the_organization_does_not_have_is_not_given(
    as_owner: APIClient, address: str, given: dict[str, Any], code: str
) -> None:
    assert refusal(as_owner.post(address, {**NORA, **given})) == (404, code)
    assert not User.objects.filter(email=NORA["email"]).exists()


def test_the_owner_role_is_given_by_an_owner_alone(
    as_owner: APIClient, address: str, organization: Organization, client_of: ClientOf
) -> None:
    admin = client_of(MembershipFactory.create(organization=organization, roles=["Admin"]).user)
    body = {**NORA, "role_ids": [organization.roles.get(is_owner=True).pk]}

    assert refusal(admin.post(address, body)) == (403, "INSUFFICIENT_PERMISSIONS")
    assert as_owner.post(address, body).status_code == 201


def test_ten_a_minute_are_let_through_for_one_token(as_owner: APIClient, address: str) -> None:
    for number in range(10):
        body = {**NORA, "email": f"n{number}@acme.example", "send_invitation": False}
        assert as_owner.post(address, body).status_code == 201

    response: Any = as_owner.post(address, NORA)

    assert refusal(response) == (429, "RATE_LIMITED")
    assert 0 < int(response["Retry-After"]) <= 60


def test_fifty_mails_an_hour_are_told_with_when_to_try_again(
    as_owner: APIClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizations.invitation.service.MOST", 1)
    as_owner.post(address, NORA)

    response: Any = as_owner.post(address, {**NORA, "email": "max@acme.example"})

    assert refusal(response) == (429, "RATE_LIMITED")
    assert 3590 < int(response["Retry-After"]) <= 3601
