"""Webhook endpoints and their deliveries, as staff see and handle them."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from organizations.admin import overview
from organizations.events.delivery import SEND
from organizations.models import Event, Organization, WebhookDelivery, WebhookEndpoint
from tests.factories import (
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from users.models import User

ENDPOINTS = "/admin/organizations/webhookendpoint/"
DELIVERIES = "/admin/organizations/webhookdelivery/"


@pytest.fixture
def endpoint(organization: Organization) -> WebhookEndpoint:
    """An enabled endpoint."""
    return WebhookEndpointFactory.create(organization=organization, description="Payroll")


def given_up(**fields: Any) -> WebhookEndpoint:
    return WebhookEndpointFactory.create(
        disabled_at=timezone.now(), disabled_reason="failing", **fields
    )


def act(browser: Client, address: str, action: str, *rows: Any) -> Any:
    """Take an action on rows of a list; return the page that follows."""
    selected = {"action": action, "_selected_action": [row.pk for row in rows]}
    return browser.post(address, selected, follow=True)


def jobs() -> int:
    """Return how many sendings a worker is to do of the deliveries that there are."""
    ids = list(WebhookDelivery.objects.values_list("pk", flat=True))
    return ProcrastinateJob.objects.filter(task_name=SEND, args__delivery_id__in=ids).count()


@pytest.mark.parametrize(
    ("fields", "health"),
    [
        ({}, "Nothing was sent yet"),
        ({"last_success_at": timezone.now()}, "Events arrive"),
        ({"failing_since": timezone.now()}, "Failing since"),
        ({"disabled_at": timezone.now(), "disabled_reason": "gone"}, "answered 410 Gone"),
        ({"disabled_at": timezone.now(), "disabled_reason": "failing"}, "five days of nothing"),
        ({"disabled_at": timezone.now(), "disabled_reason": "asked"}, ": as asked"),
    ],
)
def test_the_list_and_the_page_show_the_health(
    browser: Client, fields: dict[str, Any], health: str
) -> None:
    endpoint = WebhookEndpointFactory.create(**fields)

    assert health in text_of(browser.get(ENDPOINTS))
    assert health in text_of(browser.get(page_of(endpoint)))


def test_endpoints_are_found_by_id_and_organization_and_by_their_health(
    browser: Client, endpoint: WebhookEndpoint
) -> None:
    failing = WebhookEndpointFactory.create(failing_since=timezone.now())
    broken = given_up()
    asked = WebhookEndpointFactory.create(disabled_at=timezone.now(), disabled_reason="asked")

    def found(query: str) -> set[WebhookEndpoint]:
        page = text_of(browser.get(f"{ENDPOINTS}?{query}"))
        return {each for each in (endpoint, failing, broken, asked) if each.pk in page}

    assert found("") == {endpoint, failing, broken, asked}
    assert found(f"q={endpoint.pk}") == {endpoint}
    assert found(f"q={broken.organization_id}") == {broken}
    assert found(f"organization={failing.organization_id}") == {failing}
    assert found("health=enabled") == {endpoint, failing}
    assert found("health=failing") == {failing}
    assert found("health=given-up") == {broken}
    assert found("health=disabled") == {broken, asked}


def test_no_page_shows_a_secret(browser: Client, endpoint: WebhookEndpoint) -> None:
    WebhookDeliveryFactory.create(endpoint=endpoint)

    for address in (ENDPOINTS, page_of(endpoint), DELIVERIES):
        assert "whsec_" not in text_of(browser.get(address))


def test_an_endpoint_is_changed_on_its_page(browser: Client, endpoint: WebhookEndpoint) -> None:
    form = {
        "url": endpoint.url,
        "description": "Badges",
        "event_types": ["member.removed", "member.added"],
    }

    browser.post(page_of(endpoint), form)

    endpoint.refresh_from_db()
    assert endpoint.description == "Badges"
    assert set(endpoint.event_types) == {"member.removed", "member.added"}
    assert "Badges" in text_of(browser.get(page_of(endpoint)))


def test_a_forbidden_address_is_refused_on_the_page(
    browser: Client, endpoint: WebhookEndpoint
) -> None:
    form = {"url": "https://127.0.0.1/"}

    page = text_of(browser.post(page_of(endpoint), form))

    assert "Please correct the error below" in page
    assert WebhookEndpoint.objects.get().url == endpoint.url


def test_endpoints_are_disabled_and_enabled(browser: Client, endpoint: WebhookEndpoint) -> None:
    act(browser, ENDPOINTS, "disable", endpoint)
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, "asked")

    page = text_of(act(browser, ENDPOINTS, "enable", endpoint))
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_reason) == (True, "")
    assert "1 enabled." in page


def test_an_endpoint_and_a_delivery_are_acted_on_on_their_own_pages(
    browser: Client, endpoint: WebhookEndpoint
) -> None:
    delivery = WebhookDeliveryFactory.create(endpoint=endpoint, status="failed")
    page, delivery_page = f"{ENDPOINTS}{endpoint.pk}", f"{DELIVERIES}{delivery.pk}"
    assert f'action="{page}/act/send_test/"' in text_of(browser.get(f"{page}/change/"))
    shown = text_of(browser.get(f"{delivery_page}/change/"))
    assert f"&quot;organization_id&quot;: &quot;{endpoint.organization_id}&quot;" in shown
    assert f'action="{delivery_page}/act/redeliver/"' in shown

    browser.post(f"{delivery_page}/act/redeliver/")
    for action in ("send_test", "disable"):
        assert browser.post(f"{page}/act/{action}/")["Location"] == f"{page}/change/"

    assert Event.objects.filter(type="webhook.test").exists()
    assert WebhookDelivery.objects.get(pk=delivery.pk).status == "pending"
    shown = text_of(browser.get(f"{page}/change/"))
    assert f'action="{page}/act/enable/"' in shown
    assert "/act/send_test/" not in shown


def test_a_test_is_sent_to_those_that_are_enabled(
    browser: Client, endpoint: WebhookEndpoint, staff: User
) -> None:
    broken = given_up()

    page = text_of(act(browser, ENDPOINTS, "send_test", endpoint, broken))

    event = Event.objects.get()
    assert (event.type, event.actor, event.source) == ("webhook.test", staff, "admin")
    assert f"A test is on its way to {endpoint.url}." in page
    assert f"Nothing was sent to {broken.url}. The webhook endpoint is disabled." in page
    assert jobs() == 1


def test_deliveries_show_how_far_they_came(browser: Client, endpoint: WebhookEndpoint) -> None:
    delivery = WebhookDeliveryFactory.create(
        endpoint=endpoint, attempts=3, last_error="timeout", status="failed", next_attempt_at=None
    )

    page = text_of(browser.get(DELIVERIES))
    for shown in ("Member removed", endpoint.url, "Failed", "no answer in time"):
        assert shown in page
    assert "no answer in time" in text_of(browser.get(page_of(delivery)))


def test_deliveries_are_found_by_their_id_endpoint_event_and_status(
    browser: Client, endpoint: WebhookEndpoint
) -> None:
    first, second = WebhookDeliveryFactory.create_batch(2, endpoint=endpoint)
    other = WebhookDeliveryFactory.create()
    WebhookDelivery.objects.filter(pk=second.pk).update(status="failed")

    def found(query: str) -> set[WebhookDelivery]:
        page = text_of(browser.get(f"{DELIVERIES}?{query}"))
        return {each for each in (first, second, other) if each.pk in page}

    assert found(f"q={first.pk}") == {first}
    assert found(f"q={endpoint.pk}") == {first, second}
    assert found(f"q={second.event_id}") == {second}
    assert found("q=nothing") == set()
    assert found(f"endpoint={endpoint.pk}") == {first, second}
    assert found(f"endpoint={endpoint.pk}&status=failed") == {second}
    assert found("status=failed") == {second}
    assert f"?endpoint={endpoint.pk}" in text_of(browser.get(page_of(endpoint)))


def test_selected_deliveries_are_sent_again_but_to_disabled_endpoints(
    browser: Client, endpoint: WebhookEndpoint
) -> None:
    failed = WebhookDeliveryFactory.create_batch(2, endpoint=endpoint, status="failed")
    broken = WebhookDeliveryFactory.create(endpoint=given_up(), status="failed")

    page = text_of(act(browser, DELIVERIES, "redeliver", *failed, broken))

    assert f"2 on the way to {endpoint.label} again." in page
    assert f"Nothing was sent to {broken.endpoint.label}. The webhook endpoint is disabled." in page
    assert set(WebhookDelivery.objects.filter(status="pending")) == set(failed)
    assert jobs() == 2


def test_a_reader_of_endpoints_and_deliveries_takes_no_action(endpoint: WebhookEndpoint) -> None:
    delivery = WebhookDeliveryFactory.create(endpoint=endpoint, status="failed")
    reader = browser_with("view_webhookendpoint", "view_webhookdelivery")

    for action in ("enable", "disable", "send_test"):
        act(reader, ENDPOINTS, action, endpoint)
        assert reader.post(f"{ENDPOINTS}{endpoint.pk}/act/{action}/").status_code == 403
    act(reader, DELIVERIES, "redeliver", delivery)
    changed = reader.post(page_of(endpoint), {"url": "https://8.8.8.8/"})

    assert changed.status_code == 403
    assert WebhookEndpoint.objects.get().is_enabled
    assert WebhookDelivery.objects.get().status == "failed"
    assert jobs() == 0


def test_the_permission_to_change_deliveries_is_enough_to_redeliver(
    endpoint: WebhookEndpoint,
) -> None:
    delivery = WebhookDeliveryFactory.create(endpoint=endpoint, status="failed")

    act(
        browser_with("view_webhookdelivery", "change_webhookdelivery"),
        DELIVERIES,
        "redeliver",
        delivery,
    )

    assert WebhookDelivery.objects.get().status == "pending"


def test_those_that_failures_disabled_are_counted_and_listed_on_the_first_page(
    browser: Client, endpoint: WebhookEndpoint
) -> None:
    broken = given_up()
    WebhookEndpointFactory.create(disabled_at=timezone.now(), disabled_reason="asked")

    concern = overview.disabled_webhook_endpoints()

    assert concern.number == "1"
    page = text_of(browser.get("/admin/"))
    assert f'href="{concern.address}">Webhook endpoints disabled by failures' in page
    listed = text_of(browser.get(concern.address))
    assert broken.url in listed
    assert endpoint.url not in listed
