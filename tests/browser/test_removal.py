"""Staff remove members in a browser, from the login to the record."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from organizations.models import Membership, Organization, Removal
from tests.browser.conftest import PASSWORD
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    UserFactory,
)
from users.models import User

SERIOUS = {"serious", "critical"}


def assert_accessible(page: Page) -> None:
    """Raise AssertionError on a serious finding of axe-core."""
    assert serious_findings(page) == []


def serious_findings(page: Page) -> list[str]:
    """Return what axe-core finds serious on a page, once it is loaded."""
    page.wait_for_load_state()
    findings = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {finding['id']}: {node['html'][:200]}"
        for finding in findings
        if finding["impact"] in SERIOUS
        for node in finding["nodes"]
    ]


def log_in(page: Page) -> None:
    page.get_by_label("Email").fill("staff@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Memberships").first).to_be_visible()


@pytest.fixture
def acme(transactional_db: None) -> Organization:
    return OrganizationFactory.create(name="Acme")


@pytest.fixture
def owner(acme: Organization) -> Membership:
    user = UserFactory.create(full_name="Olivia Owner", email="olivia@example.com")
    return MembershipFactory.create(organization=acme, user=user, roles=["Owner"])


@pytest.fixture
def leaver(acme: Organization, owner: Membership) -> Membership:
    user = UserFactory.create(full_name="Lea Leaver", email="lea@example.com")
    departments = DepartmentFactory.create_batch(2, organization=acme)
    member = MembershipFactory.create(
        organization=acme, user=user, roles=["Admin", "Member"], departments=departments
    )
    ResourceFactory.create_batch(12, organization=acme, owner=user)
    return member


def test_staff_find_a_leaver_and_remove_them_by_keyboard_alone(
    page: Page, leaver: Membership, acme: Organization, staff: User, console: list[str]
) -> None:
    sales = DepartmentFactory.create(organization=acme, name="Sales")
    assert_accessible(page)
    press = page.keyboard.press
    page.keyboard.type("staff@example.com")  # the field has the focus
    press("Tab")
    page.keyboard.type(PASSWORD)
    press("Enter")
    expect(page.get_by_role("link", name="Memberships").first).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="Memberships").first.focus()
    press("Enter")
    page.get_by_role("textbox", name="Search").focus()
    page.keyboard.type("leaver")
    press("Enter")
    expect(page.get_by_text("1 membership", exact=False).first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("checkbox", name="Select this object for an action").first.focus()
    press("Space")
    page.get_by_label("Action:").focus()
    page.keyboard.type("Remove selected members")
    page.get_by_role("button", name="Go").focus()
    press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Remove Lea Leaver from Acme?")
    assert_accessible(page)
    department = page.locator(".select2-selection").first
    department.focus()
    press("Enter")
    expect(page.locator(".select2-search__field")).to_be_focused()
    with page.expect_response("**/admin/autocomplete/*term=Sal*"):
        page.keyboard.type("Sal")
    page.get_by_role("option", name="Sales", selected=False).wait_for()
    press("Enter")
    expect(department).to_contain_text("Sales")
    page.get_by_label("Reason").focus()
    page.keyboard.type("Contract ended")
    press("Tab")
    expect(page.get_by_role("button", name="Yes, remove 1 member now")).to_be_focused()
    press("Enter")

    expect(page.get_by_text("12 resources passed to Sales.")).to_be_visible()
    assert_accessible(page)
    record = Removal.objects.get()
    assert (record.actor, record.reason, record.transferred_to) == (staff, "Contract ended", sales)
    page.get_by_role("link", name=record.pk).focus()
    press("Enter")
    expect(page.get_by_text("Contract ended")).to_be_visible()
    assert_accessible(page)
    assert console == []


def test_a_half_typed_date_removes_nobody(page: Page, leaver: Membership) -> None:
    log_in(page)
    page.goto(f"/admin/organizations/membership/{leaver.pk}/removal/")
    page.get_by_label("On a date").focus()
    page.keyboard.type("12312026")  # and no time
    page.keyboard.press("Enter")

    expect(page.get_by_text("Enter a date and a time, or remove them now.")).to_be_visible()
    assert Membership.objects.current().filter(pk=leaver.pk).exists()
