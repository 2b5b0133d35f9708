"""The lists of removals and events as files, as staff search and filter them."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from organizations.models import Membership
from tests.factories import MembershipFactory, UserFactory
from tests.organizations.admin.page import text_of
from tests.organizations.admin.staff import browser_with
from tests.removals import remove

REMOVALS, EVENTS = "/admin/organizations/removal/", "/admin/organizations/event/"


@pytest.fixture
def leavers(owner: Membership) -> list[Membership]:
    """Two who were removed, each from another organization."""
    ada = UserFactory.create(full_name="=Ada", email="ada@example.com")
    leavers = [
        MembershipFactory.create(organization=owner.organization, user=ada),
        MembershipFactory.create(),
    ]
    for leaver in leavers:
        remove(leaver, actor=owner.user, reason="Moved away")
    return leavers


def rows(response: Any) -> list[dict[str, str]]:
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(StringIO(text, newline="")))


@pytest.mark.parametrize("address", [REMOVALS, EVENTS])
def test_the_file_has_what_the_list_shows_and_no_names(
    browser: Client, leavers: list[Membership], address: str
) -> None:
    first, second = leavers
    query = f"?organization={first.organization_id}"
    link = f'href="export/{query}">Export as CSV'
    assert link in text_of(browser.get(address + query))
    assert "The file has the 1 " in text_of(browser.get(f"{address}export/{query}"))

    [row] = rows(browser.post(f"{address}export/{query}", {"post": "yes"}))

    assert (row["user_id"], row["organization_id"]) == (first.user_id, first.organization_id)
    assert not {"user_name", "user_email", "reason"} & row.keys()
    of_all = rows(browser.post(f"{address}export/", {"post": "yes"}))
    assert [row["user_id"] for row in of_all] == [second.user_id, first.user_id]


def test_the_file_has_names_and_reasons_if_asked_for(
    browser: Client, leavers: list[Membership], owner: Membership
) -> None:
    asked = {"include_names": "on", "include_reason": "on"}

    [row] = rows(browser.post(f"{REMOVALS}export/?q=ada@example.com", asked))

    assert (row["user_name"], row["user_email"]) == ("'=Ada", "ada@example.com")
    assert (row["actor_email"], row["reason"]) == (owner.user.email, "Moved away")
    assert row["organization_name"] == owner.organization.name


def test_an_export_takes_the_permissions_to_see_the_list_and_to_export(
    leavers: list[Membership],
) -> None:
    def status(*codenames: str) -> int:
        return browser_with(*codenames).get(f"{REMOVALS}export/").status_code

    assert status("view_removal") == status("view_event") == 403
    assert status("view_removal", "view_event") == 200


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("query", ["?since=tomorrow", "?reason__contains=away", "?source=fax"])
def test_a_filter_that_the_list_does_not_offer_is_refused_with_a_message(
    browser: Client, leavers: list[Membership], query: str, method: str
) -> None:
    page = getattr(browser, method)(f"{REMOVALS}export/{query}", follow=True)

    assert page.redirect_chain == [(f"{REMOVALS}export/", 302)]
    assert "This list has no such filter" in text_of(page)
