"""Directories in the admin: connected, given another token, disabled, and seen at work."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client, RequestFactory
from django.utils import timezone

from config.api.errors import TokenInvalidError
from organizations.connections.service import disable
from organizations.guards.transfer_targets import Targets
from organizations.models import Connection, Membership, Organization
from organizations.scim.connections import (
    authenticate,
    targets_on_deactivation,
    targets_on_removal,
)
from tests.directories import connect, manage
from tests.factories import DepartmentFactory, MembershipFactory
from tests.organizations.admin.member_pages import ADMIN
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from tests.removals import remove

CONNECTIONS = f"{ADMIN}connection/"
DIRECTORY = {"kind": "directory", "name": "Okta"}


def works(token: str, organization: Organization) -> bool:
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
    try:
        return bool(authenticate(request, organization.pk))
    except TokenInvalidError:
        return False


def token_on(page: str) -> str:
    [token] = re.findall(r'value="(offboard_scim_[^"]+)"', page)
    return str(token)


@pytest.fixture
def colleague(db: None) -> Client:
    """A browser of somebody who may do all with members and nothing with directories."""
    return browser_with(
        *(f"{verb}_membership" for verb in ("view", "add", "change", "delete", "remove"))
    )


def test_a_directory_is_connected_and_its_token_shown_once(
    browser: Client, organization: Organization
) -> None:
    form = {
        "kind": "directory",
        "organization": organization.pk,
        "name": "Okta",
        "remove_after_days": "30",
    }

    answer = browser.post(f"{CONNECTIONS}add/", form)

    page = text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    token = token_on(page)
    assert works(token, organization)
    assert f'value="http://testserver/scim/v2/organizations/{organization.pk}"' in page
    connection = Connection.objects.get()
    assert (connection.name, connection.remove_after_days) == ("Okta", 30)
    assert token not in text_of(browser.get(page_of(connection)))
    assert LogEntry.objects.get().object_id == connection.pk


def test_an_organization_is_connected_once(browser: Client, organization: Organization) -> None:
    connect(organization)

    form = {"kind": "directory", "organization": organization.pk, "name": "Entra ID"}
    page = text_of(browser.post(f"{CONNECTIONS}add/", form, follow=True))

    assert "The organization has an enabled connection already." in page
    assert Connection.objects.count() == 1


def test_another_token_is_issued_once_it_is_confirmed(
    browser: Client, organization: Organization
) -> None:
    connection, first = connect(organization)
    address = f"{CONNECTIONS}{connection.pk}/token/"
    assert f'href="{address}"' in text_of(browser.get(page_of(connection)))
    assert "works for 24 hours" in text_of(browser.get(address))

    second = token_on(text_of(browser.post(address)))

    assert works(first, organization)
    assert works(second, organization)
    assert LogEntry.objects.get().change_message == "Another token was issued."
    assert "Until when the token before works." in text_of(browser.get(page_of(connection)))


def test_a_connection_is_disabled_once_it_is_confirmed(
    browser: Client, organization: Organization
) -> None:
    connection, token = connect(organization)
    address = f"{CONNECTIONS}{connection.pk}/disable/"
    assert f'href="{address}"' in text_of(browser.get(page_of(connection)))
    assert "Yes, disable Okta" in text_of(browser.get(address))

    page = text_of(browser.post(address, follow=True))

    assert "Okta is disabled." in page
    assert "Issue another token" not in page
    assert not works(token, organization)
    assert LogEntry.objects.get().change_message == "Disabled."


@pytest.mark.parametrize("action", ["token", "disable"])
def test_a_disabled_connection_cannot_be_changed(
    browser: Client, organization: Organization, action: str
) -> None:
    connection, _ = connect(organization)
    disable(connection)

    assert browser.post(f"{CONNECTIONS}{connection.pk}/{action}/").status_code == 403
    assert browser.post(f"{CONNECTIONS}{connection.pk}/delete/").status_code == 403


@pytest.mark.parametrize("action", ["token", "disable"])
def test_an_unknown_connection_is_not_found(browser: Client, action: str) -> None:
    assert browser.post(f"{CONNECTIONS}scim_none/{action}/").status_code == 404


@pytest.mark.parametrize("page", ["", "add/", "{}/change/", "{}/token/", "{}/disable/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_directories_take_a_permission_of_their_own(
    colleague: Client, organization: Organization, page: str, method: str
) -> None:
    connection, token = connect(organization)
    form = {**DIRECTORY, "organization": organization.pk}

    response = getattr(colleague, method)(f"{CONNECTIONS}{page.format(connection.pk)}", form)

    assert response.status_code == 403
    assert works(token, organization)
    assert connection.previous_token_digest is None


def test_a_reader_of_connections_is_offered_no_action(organization: Organization) -> None:
    reader = browser_with("view_connection")
    connection, _ = connect(organization)

    page = text_of(reader.get(page_of(connection)))

    assert "Issue another token" not in page
    assert "/disable/" not in page
    assert reader.post(f"{CONNECTIONS}{connection.pk}/token/").status_code == 403


def test_what_a_directory_does_with_a_leaver_is_set_on_its_page(
    browser: Client, organization: Organization
) -> None:
    connection, _ = connect(organization)
    sales = DepartmentFactory.create(organization=organization, name="Sales")
    form = {"name": "Okta", "transfer_on_deactivate": sales.pk, "remove_after_days": "7"}
    assert not connection.disable_staff

    browser.post(page_of(connection), {**form, "disable_staff": "on"})

    connection.refresh_from_db()
    assert (connection.transfer_on_deactivate, connection.remove_after_days) == (sales, 7)
    assert connection.disable_staff


def test_departments_of_types_are_set_shown_and_taken_out_on_its_page(
    browser: Client, organization: Organization
) -> None:
    connection, _ = connect(organization)
    sales = DepartmentFactory.create(organization=organization, name="Sales")
    lines = f" repository = {sales.pk}\n\ndocument={sales.pk}\n"

    browser.post(page_of(connection), {"name": "Okta", "types_on_removal": lines})

    by_type = {"repository": sales.pk, "document": sales.pk}
    assert targets_on_removal(connection) == Targets(by_type=by_type)
    assert not targets_on_deactivation(connection)
    shown = f"document={sales.pk}\nrepository={sales.pk}"
    assert shown in browser.get(page_of(connection)).content.decode()

    reader = browser_with("view_connection")
    assert "document: Sales, repository: Sales" in text_of(reader.get(page_of(connection)))

    browser.post(page_of(connection), {"name": "Okta", "types_on_removal": ""})

    assert not targets_on_removal(connection)


def test_a_person_cannot_take_over_a_type_on_a_directorys_deactivation(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    connection, _ = connect(organization)
    form = {"name": "Okta", "types_on_deactivate": f"repository={owner.user_id}"}

    page = text_of(browser.post(page_of(connection), form))

    assert f"the organization has no department {owner.user_id}." in page
    assert not targets_on_deactivation(connection)


def test_a_department_of_another_organization_takes_nothing_over(
    browser: Client, organization: Organization
) -> None:
    connection, _ = connect(organization)
    form = {"name": "Okta", "transfer_on_removal": DepartmentFactory.create().pk}

    page = text_of(browser.post(page_of(connection), form))

    assert "Select a valid choice" in page


def test_when_the_directory_was_last_seen_is_shown(
    browser: Client, organization: Organization
) -> None:
    connection, token = connect(organization)
    assert works(token, organization)
    connection.refresh_from_db()
    assert connection.last_request_at

    for address in (CONNECTIONS, page_of(connection)):
        page = text_of(browser.get(address))
        assert f"{connection.last_request_at:%Y}" in page
        assert "Last used" in page or "last used" in page


def test_the_members_that_it_manages_are_counted_and_listed(
    browser: Client, organization: Organization
) -> None:
    connection, _ = connect(organization)
    member = MembershipFactory.create(organization=organization)
    manage(
        member, user_name="lea@corp.example", external_id="00u1", given_name="Lea", family_name="L."
    )
    elsewhere = MembershipFactory.create()
    connect(elsewhere.organization)
    manage(elsewhere, user_name="elsewhere@corp.example")
    manage(
        MembershipFactory.create(organization=organization),
        user_name="former@corp.example",
        ended_at=timezone.now(),
    )
    address = f"{ADMIN}scimidentity/?organization={organization.pk}"

    assert f'<a href="{address}">1</a>' in text_of(browser.get(page_of(connection)))

    page = text_of(browser.get(address))
    assert "lea@corp.example" in page
    assert "00u1" in page
    assert "Lea L." in page
    assert "elsewhere@corp.example" not in page
    assert "former@corp.example" not in page


def test_an_identity_is_found_by_whose_it_is(browser: Client, organization: Organization) -> None:
    connect(organization)
    members = MembershipFactory.create_batch(2, organization=organization)
    for number, member in enumerate(members):
        manage(member, user_name=f"user{number}@corp.example")

    page = text_of(browser.get(f"{ADMIN}scimidentity/?q={members[0].user.email}"))

    assert "user0@corp.example" in page
    assert "user1@corp.example" not in page


def test_a_members_page_names_the_directory_and_its_identity(
    browser: Client, organization: Organization
) -> None:
    connection, _ = connect(organization, name="Entra ID")
    managed, other = MembershipFactory.create_batch(2, organization=organization)
    manage(managed, user_name="lea@corp.example")

    page = text_of(browser.get(page_of(managed)))

    assert f'<a href="{page_of(connection)}">Entra ID</a>.' in page
    assert "lea@corp.example" in page
    assert "No directory" in text_of(browser.get(page_of(other)))


def test_records_and_events_name_the_directory(browser: Client, organization: Organization) -> None:
    connection, _ = connect(organization, name="Entra ID")
    remove(MembershipFactory.create(organization=organization), connection=connection)

    for model in ("removal", "event"):
        listed = text_of(browser.get(f"{ADMIN}{model}/"))
        assert "Entra ID" in listed
        [address] = set(re.findall(rf'href="({ADMIN}{model}/[^"/]+/change/)', listed))
        assert "Entra ID" in text_of(browser.get(address))
