"""The admin as a place to work: the first page, the list of members, a page gone stale."""

from playwright.sync_api import Page, expect

from tests.browser.test_removal import assert_accessible, log_in
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
)
from tests.removals import remove


def test_the_first_page_leads_to_what_a_leaver_left(page: Page, console: list[str]) -> None:
    owner = MembershipFactory.create(roles=["Owner"])
    leaver = MembershipFactory.create(organization=owner.organization)
    ResourceFactory.create(
        organization=owner.organization, owner=leaver.user, name="Forgotten plan"
    )
    remove(leaver)

    log_in(page)

    assert_accessible(page)
    expect(page.get_by_role("table", name="Removals by the Monday")).to_contain_text("1")
    page.get_by_role("link", name="Organizations with one owner: 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=owner.organization.name)).to_be_visible()
    page.goto("/admin/")
    page.get_by_role("link", name="Resources whose owner has left: 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Forgotten plan")).to_be_visible()
    assert console == []


def test_a_page_from_before_a_removal_says_that_it_is_stale(page: Page, console: list[str]) -> None:
    owner = MembershipFactory.create(roles=["Owner"])
    leaver = MembershipFactory.create(organization=owner.organization)
    log_in(page)
    page.goto(f"/admin/organizations/membership/{leaver.pk}/change/")
    page.get_by_text("Add another Role assignment").click()
    page.locator("#id_role_assignments-0-role").select_option(label="Admin")
    remove(leaver)

    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("Nothing was saved")).to_contain_text("was removed from")
    expect(page.get_by_role("heading", name="View membership")).to_be_visible()
    assert not leaver.role_assignments.exists()
    assert_accessible(page)
    assert console == []


def test_the_list_of_members_needs_no_scrolling_sideways(page: Page, console: list[str]) -> None:
    organization = OrganizationFactory.create(name="Acme International Holdings")
    MembershipFactory.create_batch(
        2,
        organization=organization,
        roles=["Admin", "Member"],
        departments=DepartmentFactory.create_batch(3, organization=organization),
    )
    page.set_viewport_size({"width": 1200, "height": 800})
    log_in(page)
    page.goto("/admin/organizations/membership/")

    expect(page.get_by_role("columnheader", name="Since")).to_be_in_viewport(ratio=1)
    widths = page.locator(".results").evaluate("each => [each.scrollWidth, each.clientWidth]")
    assert widths[0] == widths[1]
    assert console == []
