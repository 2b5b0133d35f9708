"""Webhook endpoints in the admin: their health, and a delivery that is sent again."""

from django.utils import timezone
from playwright.sync_api import Page, expect

from organizations.models import WebhookDelivery
from tests.browser.test_removal import assert_accessible, log_in
from tests.factories import MembershipFactory, WebhookDeliveryFactory, WebhookEndpointFactory


def test_staff_find_an_endpoint_that_failed_and_send_again(page: Page, console: list[str]) -> None:
    owner = MembershipFactory.create(roles=["Owner"])
    endpoint = WebhookEndpointFactory.create(
        organization=owner.organization,
        created_by=owner.user,
        url="https://payroll.example.com/hook",
        description="Payroll",
        failing_since=timezone.now(),
        disabled_at=timezone.now(),
        disabled_reason="failing",
    )
    WebhookDeliveryFactory.create_batch(
        2, endpoint=endpoint, status="failed", attempts=10, last_error="timeout"
    )
    log_in(page)

    assert_accessible(page)
    page.get_by_role("link", name="Webhook endpoints disabled by failures: 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="five days of nothing but failures")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("checkbox", name="Select this object").first.check()
    page.locator("select[name=action]").select_option("Enable selected webhook endpoints")
    page.get_by_role("button", name="Go").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 enabled.")).to_be_visible()

    page.goto(f"/admin/organizations/webhookendpoint/{endpoint.pk}/change/")
    expect(page.get_by_role("checkbox", name="Member removed")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("URL").fill("https://127.0.0.1/hook")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("no address that may be reached")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="See what it was sent").click()
    assert_accessible(page)
    page.get_by_role("link", name="Failed").click()
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("Redeliver selected webhook deliveries")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("2 on the way to")).to_be_visible()
    assert WebhookDelivery.objects.filter(status="pending").count() == 2
    page.goto(f"/admin/organizations/webhookdelivery/{WebhookDelivery.objects.all()[0].pk}/change/")
    assert_accessible(page)
    assert console == []


def test_the_removal_of_somebody_names_the_endpoint_that_they_made(
    page: Page, console: list[str]
) -> None:
    owner = MembershipFactory.create(roles=["Owner"])
    leaver = MembershipFactory.create(organization=owner.organization)
    WebhookEndpointFactory.create(
        organization=owner.organization, created_by=leaver.user, description="Payroll"
    )
    log_in(page)

    page.goto(f"/admin/organizations/membership/{leaver.pk}/change/")
    expect(page.get_by_role("link", name="Payroll")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Remove from").click()
    expect(page.get_by_text("made webhook endpoints, which stay")).to_be_visible()
    assert_accessible(page)
    assert console == []
