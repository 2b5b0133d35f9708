"""Connections of programs in the admin, and the secrets that a leaver was shown."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from organizations.events.signature import secret_of
from organizations.models import Connection, Membership, Organization
from tests.factories import MembershipFactory, WebhookEndpointFactory
from tests.organizations.admin.member_pages import ADMIN
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.sent_forms import form_on
from tests.organizations.api.address import address_of
from tests.organizations.api.lists import address_in
from tests.programs import client_with, connect_program
from tests.removals import remove
from users.models import User

CONNECTIONS = f"{ADMIN}connection/"


def token_on(page: str) -> str:
    [token] = re.findall(r'value="(offboard_con_[^"]+)"', page)
    return str(token)


def status_of(client: APIClient, organization: Organization) -> int:
    return client.get(address_in(organization, "departments")).status_code


@pytest.fixture
def member(organization: Organization) -> Membership:
    """Somebody who will leave."""
    MembershipFactory.create(organization=organization, roles=["Owner"])
    return MembershipFactory.create(organization=organization)


def test_a_program_is_connected_and_its_token_shown_once(
    browser: Client, staff: User, organization: Organization
) -> None:
    form = {
        "kind": "api",
        "organization": organization.pk,
        "name": "HR system",
        "capabilities": ["remove_users"],
    }

    page = text_of(browser.post(f"{CONNECTIONS}add/", form))

    made = Connection.objects.get()
    assert made.pk.startswith("con_")
    assert (made.kind, made.capabilities, made.created_by) == ("api", ["remove_users"], staff)
    assert status_of(client_with(token_on(page)), organization) == 200
    assert f'value="http://testserver/v1/organizations/{organization.pk}"' in page
    assert "can add nobody" not in page


@pytest.mark.parametrize(
    ("kind", "field", "value", "owner"),
    [
        ("api", "remove_after_days", "3", "directory"),
        ("api", "disable_staff", "on", "directory"),
        ("directory", "capabilities", "remove_users", "program"),
        ("directory", "expires_at_0", "2030-01-01", "program"),
    ],
)
def test_fields_of_the_other_kind_are_refused_in_words(
    browser: Client, organization: Organization, kind: str, field: str, value: str, owner: str
) -> None:
    form = {"kind": kind, "organization": organization.pk, "name": "HR", field: value}

    page = text_of(browser.post(f"{CONNECTIONS}add/", form | {"expires_at_1": "00:00"}))

    assert f"Only a {owner} has this." in page
    assert not Connection.objects.exists()


def test_the_capabilities_of_a_program_are_changed_on_its_page(
    browser: Client, organization: Organization
) -> None:
    made, _ = connect_program(organization, "remove_users")
    address = page_of(made)
    assert "SCIM" not in text_of(browser.get(address))

    form = {
        "name": "HR",
        "capabilities": ["view_audit_log"],
        "expires_at_0": f"{timezone.now() + timedelta(days=30):%Y-%m-%d}",
        "expires_at_1": "12:00:00",
    }
    browser.post(address, form)

    made.refresh_from_db()
    assert (made.name, made.capabilities) == ("HR", ["view_audit_log"])


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", "\u200b", "A name has visible characters."),
        ("expires_at_0", "2020-01-01", "Must be in the future."),
        ("expires_at_0", "", "The token of a program expires."),
    ],
    ids=["invisible name", "past", "never"],
)
def test_a_name_of_nothing_and_a_token_of_no_use_or_without_an_end_are_refused(
    browser: Client, organization: Organization, field: str, value: str, problem: str
) -> None:
    made, _ = connect_program(organization)
    form: dict[str, object] = {**form_on(browser.get(page_of(made))), field: value}
    if not value:
        form["expires_at_1"] = ""
    added = {"kind": "api", "organization": organization.pk, "name": "HR", "expires_at_1": "12:00"}

    page = text_of(browser.post(page_of(made), form))
    if value:
        browser.post(f"{CONNECTIONS}add/", {**added, field: value})

    assert problem in page
    unchanged = Connection.objects.get()
    assert (unchanged.name, unchanged.expires_at) == (made.name, made.expires_at)


def test_the_previous_token_ends_at_once_if_that_is_ticked(
    browser: Client, staff: User, organization: Organization
) -> None:
    made, first = connect_program(organization)

    address = f"{CONNECTIONS}{made.pk}/token/"
    assert " checked" not in text_of(browser.get(address))
    assert " checked" in text_of(browser.get(f"{address}?revoke_old=1"))

    page = text_of(browser.post(address, {"revoke_old": "on"}))

    made.refresh_from_db()
    assert status_of(client_with(first), organization) == 401
    assert status_of(client_with(token_on(page)), organization) == 200
    assert made.rotated_by == staff


def test_the_secret_of_a_webhook_endpoint_is_rotated_once_it_is_confirmed(
    browser: Client, staff: User, organization: Organization
) -> None:
    endpoint = WebhookEndpointFactory.create(organization=organization)
    address = f"{ADMIN}webhookendpoint/{endpoint.pk}/secret/"
    assert f'href="{address}"' in text_of(browser.get(page_of(endpoint)))
    assert "signs along for 24 hours" in text_of(browser.get(address))

    page = text_of(browser.post(address))

    endpoint.refresh_from_db()
    assert (endpoint.secret_version, endpoint.rotated_by) == (2, staff)
    assert secret_of(endpoint, 2) in page


def test_a_secret_is_not_rotated_by_who_may_only_see_endpoints(
    reader: Client, organization: Organization
) -> None:
    endpoint = WebhookEndpointFactory.create(organization=organization)

    assert reader.post(f"{ADMIN}webhookendpoint/{endpoint.pk}/secret/").status_code == 403

    endpoint.refresh_from_db()
    assert endpoint.secret_version == 1


def test_a_record_names_the_program_that_restored_the_member(
    browser: Client, organization: Organization, member: Membership
) -> None:
    capabilities = ("remove_users", "invite_users", "assign_roles")
    _, token = connect_program(organization, *capabilities, name="Desk")
    remove(member)
    restored = client_with(token).post(f"{address_of(member)}/restore", {"confirm": True})
    assert restored.status_code == 200

    record = text_of(browser.get(page_of(member.removal)))

    assert "by Desk: roles" in record
