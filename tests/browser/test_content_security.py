"""Every kind of page under the content security policy, in a browser that enforces it."""

import pytest
from playwright.sync_api import Page, expect

from organizations.models import Membership
from tests.browser.test_removal import log_in
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.removals import remove


@pytest.fixture
def world(transactional_db: None) -> Membership:
    """A former member with all that a page can show."""
    owner = MembershipFactory.create(roles=["Owner"])
    department = DepartmentFactory.create(organization=owner.organization)
    member = MembershipFactory.create(organization=owner.organization, departments=[department])
    ResourceFactory.create(organization=owner.organization, owner=member.user)
    remove(member)
    return member


def test_no_page_of_the_admin_breaks_the_policy(
    page: Page, world: Membership, console: list[str]
) -> None:
    log_in(page)
    for model in (
        "organization",
        "department",
        "role",
        "membership",
        "resource",
        "removal",
        "event",
    ):
        listed = f"/admin/organizations/{model}/?state=all"
        page.goto(listed if model == "membership" else f"/admin/organizations/{model}/")
        page.locator("#result_list tbody a").first.click()
        page.wait_for_url("**/change/**")
    for address in ("users/user/", "users/accesstoken/", "organizations/resource/add/"):
        page.goto(f"/admin/{address}")
        page.wait_for_load_state("networkidle")
    assert console == []


def test_the_description_of_the_api_is_shown_under_the_policy(
    page: Page, console: list[str]
) -> None:
    page.goto("/v1/docs")

    expect(page.get_by_text("Remove user", exact=True)).to_be_visible()
    assert console == []


def test_a_script_within_a_page_does_not_run(page: Page) -> None:
    page.goto("/v1/docs")

    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.broken = true";
            document.body.append(script);
        }"""
    )

    assert page.evaluate("window.broken") is None
