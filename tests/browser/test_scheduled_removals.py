"""A removal on a date in the admin, and its cancellation from its own page."""

from playwright.sync_api import Page, expect

from organizations.models import ScheduledRemoval
from tests.browser.test_removal import assert_accessible, log_in
from tests.factories import MembershipFactory
from tests.schedules import schedule


def test_staff_cancel_a_removal_from_its_page(page: Page, console: list[str]) -> None:
    owner = MembershipFactory.create(roles=["Owner"])
    [outcome] = schedule(MembershipFactory.create(organization=owner.organization))
    assert outcome.schedule
    log_in(page)

    page.goto(f"/admin/organizations/scheduledremoval/{outcome.schedule.pk}/change/")
    assert_accessible(page)
    page.get_by_role("button", name="Cancel this removal").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Cancelled: 1.")).to_be_visible()
    assert ScheduledRemoval.objects.get().status == "cancelled"
    assert console == []
