"""Staff take a person's data out in a browser, by keyboard alone."""

from playwright.sync_api import Page, expect

from tests.browser.test_removal import assert_accessible, log_in
from tests.factories import MembershipFactory, UserFactory
from tests.removals import remove
from users.models import User


def test_a_former_members_data_are_erased_with_the_reason_that_was_ticked(
    page: Page, console: list[str]
) -> None:
    user = UserFactory.create(full_name="Lea Leaver", email="lea@example.com")
    owner = MembershipFactory.create(roles=["Owner"])
    leaver = MembershipFactory.create(organization=owner.organization, user=user)
    remove(leaver, reason="Lea moved to Lisbon")
    log_in(page)
    page.goto("/admin/users/user/?q=lea@example.com")
    page.get_by_role("checkbox", name="Select this object for an action").focus()
    page.keyboard.press("Space")
    page.locator("select[name=action]").select_option(label="Erase the data of selected users")
    page.get_by_role("button", name="Go").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Erase people's data?")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("checkbox", name="Lea moved to Lisbon").focus()
    page.keyboard.press("Space")

    page.get_by_role("button", name="Yes, erase").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=f"erased account {user.pk}")).to_be_visible()
    assert_accessible(page)
    assert User.objects.get(pk=user.pk).full_name == ""
    leaver.refresh_from_db()
    assert leaver.removal.reason == ""
    assert console == []
