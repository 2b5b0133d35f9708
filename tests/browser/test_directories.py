"""Staff connect a directory, and disable it again, by keyboard alone."""

import re

from playwright.sync_api import Page, expect

from organizations.models import ScimConnection
from tests.browser.test_removal import assert_accessible, log_in
from tests.directories import connect, manage
from tests.factories import MembershipFactory, OrganizationFactory


def test_the_pages_of_a_directory_are_accessible_and_fit_a_phone(
    page: Page, transactional_db: None, console: list[str]
) -> None:
    organization = OrganizationFactory.create(name="Acme")
    connection, _ = connect(organization)
    identity = manage(MembershipFactory.create(organization=organization))
    page.set_viewport_size({"width": 375, "height": 740})
    log_in(page)

    for address in (
        *("scimconnection/add/", f"scimconnection/{connection.pk}/change/"),
        *("scimidentity/", f"scimidentity/{identity.pk}/change/"),
        f"scimconnection/{connection.pk}/disable/",
        f"scimconnection/{connection.pk}/token/",
    ):
        page.goto(f"/admin/organizations/{address}")
        assert_accessible(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 375, f"{address} is {width} pixels wide"

    page.get_by_role("button", name="Yes, issue another token").press("Enter")
    expect(page.get_by_label("Token", exact=True)).to_have_value(re.compile("^offboard_scim_"))
    assert_accessible(page)
    page.goto(f"/admin/organizations/scimconnection/{connection.pk}/disable/")
    page.get_by_role("button", name="Yes, disable Okta").press("Enter")
    expect(page.get_by_text("Okta is disabled.")).to_be_visible()
    assert not ScimConnection.objects.get().is_enabled
    assert console == []
