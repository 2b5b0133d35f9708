"""Staff suspend a member and put a former one back, by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from organizations.models import Event, Membership, Organization, Restoration
from tests.browser.test_removal import assert_accessible, log_in
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    UserFactory,
)
from tests.removals import remove
from users.models import User


@pytest.fixture
def acme(transactional_db: None) -> Organization:
    organization = OrganizationFactory.create(name="Acme")
    owner = UserFactory.create(full_name="Olivia Owner", email="olivia@example.com")
    MembershipFactory.create(organization=organization, user=owner, roles=["Owner"])
    return organization


@pytest.fixture
def member(acme: Organization) -> Membership:
    user = UserFactory.create(full_name="Mia Member", email="mia@example.com")
    sales = DepartmentFactory.create(organization=acme, name="Sales")
    member = MembershipFactory.create(
        organization=acme, user=user, roles=["Member"], departments=[sales]
    )
    ResourceFactory.create_batch(3, organization=acme, owner=user)
    return member


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def follow(page: Page, link: str, *, to: str) -> None:
    """Open a link by keyboard, and wait for the page with this heading."""
    page.get_by_role("link", name=link, exact=True).focus()
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(to)


def choose(page: Page, label: str, term: str, option: str) -> None:
    """Search in a field, and take what it finds, by keyboard."""
    page.get_by_role("textbox", name=label).locator("xpath=..").focus()
    press(page, "Enter")
    expect(page.locator(".select2-search__field")).to_be_focused()
    with page.expect_response("**/admin/autocomplete/*"):
        page.keyboard.type(term)
    page.get_by_role("option", name=option).wait_for()
    press(page, "Enter")


def test_staff_deactivate_a_member_with_somebody_who_takes_over_and_reactivate_them(
    page: Page, member: Membership, staff: User, console: list[str]
) -> None:
    log_in(page)
    page.goto(f"/admin/organizations/membership/{member.pk}/change/")
    assert_accessible(page)
    follow(page, "Deactivate", to="Deactivate members?")
    assert_accessible(page)
    choose(page, "Or a person in Acme", "Oliv", "Olivia Owner")
    page.get_by_label("Reason").focus()
    page.keyboard.type("On leave")
    press(page, "Tab")
    expect(page.get_by_role("button", name="Yes, deactivate 1 member")).to_be_focused()
    press(page, "Enter")

    expect(page.get_by_text("1 member deactivated.")).to_be_visible()
    assert_accessible(page)
    event = Event.objects.get()
    assert (event.actor, event.reason) == (staff, "On leave")
    assert event.data["resource_count"] == 3

    follow(page, "Reactivate", to="Reactivate members?")
    assert_accessible(page)
    page.get_by_role("button", name="Yes, reactivate 1 member").focus()
    press(page, "Enter")
    expect(page.get_by_text("1 member reactivated.")).to_be_visible()
    member.refresh_from_db()
    assert member.is_active
    assert console == []


def test_staff_deactivate_a_selection_and_read_of_it_in_the_log(
    page: Page, member: Membership, console: list[str]
) -> None:
    log_in(page)
    page.goto("/admin/organizations/membership/")
    page.get_by_role("checkbox", name="Select all").focus()
    press(page, "Space")
    page.get_by_label("Action:").focus()
    page.keyboard.type("Deactivate selected members")
    page.get_by_role("button", name="Go").focus()
    press(page, "Enter")
    blocked = page.get_by_role("region", name="Members of Acme who cannot be deactivated")
    expect(blocked).to_contain_text("You cannot deactivate the last owner")
    assert_accessible(page)
    page.get_by_role("button", name="Yes, deactivate 1 member").focus()
    press(page, "Enter")

    expect(page.get_by_text("1 member deactivated.")).to_be_visible()
    expect(page.get_by_text("was not deactivated.")).to_contain_text("Olivia Owner")
    follow(page, "Deactivated", to="Select membership to change")
    expect(page.get_by_text("1 membership", exact=False).first).to_be_visible()
    assert_accessible(page)
    page.goto("/admin/organizations/event/")
    assert_accessible(page)
    page.locator("#result_list tbody a").first.focus()
    press(page, "Enter")
    expect(page.get_by_text("Member deactivated").first).to_be_visible()
    assert_accessible(page)
    assert console == []


def test_what_a_deactivated_member_owns_is_passed_on(
    page: Page, member: Membership, console: list[str]
) -> None:
    log_in(page)
    page.goto(f"/admin/organizations/membership/{member.pk}/deactivation/")
    page.get_by_role("button", name="Yes, deactivate 1 member").focus()
    press(page, "Enter")
    follow(page, "Pass on what is left", to="Pass on what is left?")
    assert_accessible(page)
    choose(page, "Department of Acme", "Sal", "Sales")
    page.get_by_role("button", name="Yes, pass them on").focus()
    press(page, "Enter")

    expect(page.get_by_text("3 passed to Sales of Acme.")).to_be_visible()
    assert console == []


def test_staff_restore_a_former_member_from_the_record(
    page: Page, member: Membership, console: list[str]
) -> None:
    sales = member.organization.departments.get()
    remove(member, transfer_to=sales.pk)
    log_in(page)
    page.goto(f"/admin/organizations/removal/{member.removal.pk}/change/")
    assert_accessible(page)
    follow(page, "Restore the member", to="Restore members?")
    expect(page.get_by_text("Resources: 3")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Reason").focus()
    page.keyboard.type("A mistake")
    press(page, "Tab")
    expect(page.get_by_role("button", name="Yes, restore 1 member")).to_be_focused()
    press(page, "Enter")

    expect(page.get_by_text("1 member restored.")).to_be_visible()
    assert_accessible(page)
    restoration = Restoration.objects.get()
    assert (restoration.removal, restoration.resource_count) == (member.removal, 3)
    page.goto(f"/admin/organizations/removal/{member.removal.pk}/change/")
    expect(page.get_by_role("link", name="Restore the member")).to_have_count(0)
    assert_accessible(page)
    assert console == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_new_pages_fit_a_phone(
    page: Page, member: Membership, scheme: str, console: list[str]
) -> None:
    former = MembershipFactory.create(organization=member.organization, roles=["Admin"])
    ResourceFactory.create(organization=member.organization, owner=former.user)
    remove(former)
    page.set_viewport_size({"width": 375, "height": 740})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    log_in(page)
    for address in (
        f"membership/{member.pk}/change/",
        f"membership/{member.pk}/deactivation/",
        f"membership/{former.pk}/change/",
        f"membership/{former.pk}/restoration/",
        f"membership/{former.pk}/leftovers/",
        f"removal/{former.removal.pk}/change/",
        f"event/{Event.objects.get().pk}/change/",
        "membership/add/",
    ):
        page.goto(f"/admin/organizations/{address}")
        assert_accessible(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 375, f"{address} is {width} pixels wide"
    assert console == []
