"""Roles are made, changed and deleted, by those who hold what the roles grant."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.models import Organization, Role
from tests.factories import MembershipFactory, RoleFactory
from tests.organizations.api.conftest import ClientHolding
from tests.organizations.api.lists import address_in, listed
from tests.organizations.api.refusal import invalid_fields, refusal


@pytest.fixture
def auditor(organization: Organization) -> Role:
    return RoleFactory.create(
        organization=organization, name="Auditor", capabilities=["view_audit_log"]
    )


@pytest.fixture
def as_manager(client_holding: ClientHolding) -> APIClient:
    """A client of somebody who manages roles, and bills."""
    return client_holding("manage_roles", "manage_billing")


def create(client: APIClient, organization: Organization, **body: object) -> Any:
    return client.post(address_in(organization, "roles"), body)


def address_of(role: Role) -> str:
    return address_in(role.organization, f"roles/{role.pk}")


def test_a_role_is_made_and_then_listed(as_owner: APIClient, organization: Organization) -> None:
    granted = ["view_audit_log", "manage_billing", "view_audit_log"]
    response = create(as_owner, organization, name=" Billing ", capabilities=granted)

    assert response.status_code == 201
    assert response.json() == {
        "id": organization.roles.get(name="Billing").pk,
        "name": "Billing",
        "member_count": 0,
        "capabilities": ["manage_billing", "view_audit_log"],
        "is_owner": False,
    }
    assert response.json() in listed(as_owner, organization, "roles")


def test_a_role_is_changed_and_what_is_left_out_stays(as_owner: APIClient, auditor: Role) -> None:
    MembershipFactory.create(organization=auditor.organization, roles=[auditor])

    renamed: Any = as_owner.patch(address_of(auditor), {"name": "Reader"})
    emptied: Any = as_owner.patch(address_of(auditor), {"capabilities": []})

    assert renamed.json()["capabilities"] == ["view_audit_log"]
    assert emptied.json() == {
        "id": auditor.pk,
        "name": "Reader",
        "member_count": 1,
        "capabilities": [],
        "is_owner": False,
    }


@pytest.mark.parametrize("body", [{}, {"name": "Auditor ", "capabilities": ["view_audit_log"]}])
def test_what_changes_nothing_answers_the_same(
    as_owner: APIClient, auditor: Role, body: dict[str, object]
) -> None:
    response: Any = as_owner.patch(address_of(auditor), body)

    assert (response.status_code, response.json()["name"]) == (200, "Auditor")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "capabilities": []}, "name"),
        ({"name": "\u200b", "capabilities": []}, "name"),
        ({"name": "a" * 201, "capabilities": []}, "name"),
        ({"name": 1, "capabilities": []}, "name"),
        ({"name": "A", "capabilities": ["fly"]}, "capabilities"),
        ({"name": "A", "capabilities": "view_audit_log"}, "capabilities"),
        ({"name": "A", "capabilities": None}, "capabilities"),
        ({"name": "A", "capabilities": [], "is_owner": True}, "is_owner"),
    ],
    ids=str,
)
def test_what_is_no_role_is_refused(
    as_owner: APIClient, auditor: Role, body: dict[str, object], field: str
) -> None:
    for response in (
        create(as_owner, auditor.organization, **body),
        as_owner.patch(address_of(auditor), body),
    ):
        assert invalid_fields(response) == {field}


@pytest.mark.parametrize("body", [{"name": "A"}, {"capabilities": []}])
def test_a_new_role_has_a_name_and_capabilities(
    as_owner: APIClient, organization: Organization, body: dict[str, object]
) -> None:
    assert refusal(create(as_owner, organization, **body)) == (422, "VALIDATION_ERROR")


def test_a_name_is_one_in_the_organization(as_owner: APIClient, auditor: Role) -> None:
    other = RoleFactory.create(organization=auditor.organization)
    RoleFactory.create(name="Elsewhere")

    for response in (
        create(as_owner, auditor.organization, name=" Audi\u200btor", capabilities=[]),
        as_owner.patch(address_of(other), {"name": "Auditor "}),
    ):
        assert refusal(response) == (409, "ROLE_NAME_TAKEN")
        assert response.json()["error"]["details"] == {"name": "Auditor"}
    made = create(as_owner, auditor.organization, name="Elsewhere", capabilities=[])
    assert made.status_code == 201


def test_nobody_makes_a_role_that_grants_what_they_lack(
    as_manager: APIClient, organization: Organization
) -> None:
    granted = ["manage_billing", "view_audit_log"]
    response = create(as_manager, organization, name="A", capabilities=granted)

    assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")
    assert response.json()["error"]["details"] == {"required_capabilities": ["view_audit_log"]}
    allowed = create(as_manager, organization, name="A", capabilities=["manage_billing"])
    assert allowed.status_code == 201


@pytest.mark.parametrize("body", [{"name": "B"}, {"capabilities": []}, {}])
def test_nobody_changes_a_role_that_grants_what_they_lack(
    as_manager: APIClient, auditor: Role, body: dict[str, object]
) -> None:
    response: Any = as_manager.patch(address_of(auditor), body)

    assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")
    assert response.json()["error"]["details"] == {"required_capabilities": ["view_audit_log"]}


def test_nobody_gives_a_role_what_they_lack(
    as_manager: APIClient, organization: Organization
) -> None:
    role = RoleFactory.create(organization=organization, capabilities=["manage_billing"])

    response: Any = as_manager.patch(
        address_of(role), {"capabilities": ["override_all_permissions"]}
    )

    assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")
    role.refresh_from_db()
    assert role.capabilities == ["manage_billing"]


def test_nobody_deletes_a_role_that_grants_what_they_lack(
    as_manager: APIClient, auditor: Role
) -> None:
    assert refusal(as_manager.delete(address_of(auditor))) == (403, "INSUFFICIENT_PERMISSIONS")
    assert Role.objects.filter(pk=auditor.pk).exists()


def test_a_role_that_nobody_holds_is_deleted(as_owner: APIClient, auditor: Role) -> None:
    response = as_owner.delete(address_of(auditor))

    assert (response.status_code, response.content) == (204, b"")
    assert not Role.objects.filter(pk=auditor.pk).exists()


def test_a_role_that_members_hold_stays_and_the_answer_counts_them(
    as_owner: APIClient, auditor: Role
) -> None:
    MembershipFactory.create_batch(2, organization=auditor.organization, roles=[auditor])

    response: Any = as_owner.delete(address_of(auditor))

    assert refusal(response) == (422, "ROLE_IN_USE")
    error = response.json()["error"]
    assert error["details"] == {"role_id": auditor.pk, "member_count": 2}
    assert error["message"] == "The role cannot be deleted. It is in use by 2 members."


def test_the_owner_role_is_neither_changed_nor_deleted(
    as_owner: APIClient, as_manager: APIClient, organization: Organization
) -> None:
    role = organization.roles.get(is_owner=True)

    for client in (as_owner, as_manager):
        for response in (
            client.patch(address_of(role), {"name": "Founder"}),
            client.patch(address_of(role), {}),
            client.delete(address_of(role)),
        ):
            assert refusal(response) == (403, "SYSTEM_ROLE_IMMUTABLE")
            assert response.json()["error"]["details"] == {"role_id": role.pk}
    role.refresh_from_db()
    assert role.name == "Owner"
