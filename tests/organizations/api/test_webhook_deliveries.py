"""Deliveries: listed, asked for as a test, and sent again."""

from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings
from rest_framework.test import APIClient

from organizations.events.delivery import SEND
from organizations.events.signature import secret_of
from organizations.models import Event, Membership, Organization, WebhookDelivery, WebhookEndpoint
from tests.conftest import ClientOf
from tests.factories import MembershipFactory, WebhookDeliveryFactory, WebhookEndpointFactory
from tests.organizations.api.lists import address_in, ids, listed
from tests.organizations.api.refusal import refusal
from tests.receivers import receiver
from tests.schedules import schedule
from tests.workers import work


@pytest.fixture
def endpoint(organization: Organization) -> WebhookEndpoint:
    """An endpoint of the owner's organization, which wants to hear of additions alone."""
    return WebhookEndpointFactory.create(organization=organization, event_types=["member.added"])


def address_of(endpoint: WebhookEndpoint, action: str) -> str:
    return address_in(endpoint.organization, f"webhook-endpoints/{endpoint.pk}/{action}")


def redeliver(client: APIClient, delivery: WebhookDelivery) -> Any:
    return client.post(address_of(delivery.endpoint, f"deliveries/{delivery.pk}/redeliver"))


def jobs() -> list[object]:
    """Return what a worker is to send of the deliveries that there are."""
    ids = list(WebhookDelivery.objects.values_list("pk", flat=True))
    sends = ProcrastinateJob.objects.filter(task_name=SEND, args__delivery_id__in=ids)
    return list(sends.order_by("pk").values_list("args", flat=True))


def test_a_delivery_says_how_far_it_came(as_owner: APIClient, endpoint: WebhookEndpoint) -> None:
    delivery = WebhookDeliveryFactory.create(
        endpoint=endpoint, attempts=2, last_status_code=500, last_error="status"
    )

    [shown] = listed(
        as_owner, endpoint.organization, f"webhook-endpoints/{endpoint.pk}/deliveries"
    )["items"]

    at = "%Y-%m-%dT%H:%M:%SZ"
    assert delivery.next_attempt_at
    assert shown == {
        "id": delivery.pk,
        "event_id": delivery.event_id,
        "event_type": "member.removed",
        "status": "pending",
        "attempts": 2,
        "next_attempt_at": delivery.next_attempt_at.strftime(at),
        "last_status_code": 500,
        "last_error": "status",
        "created_at": delivery.created_at.strftime(at),
        "delivered_at": None,
    }


def test_nobody_finds_their_own_schedule_among_them(
    as_owner: APIClient, owner: Membership, endpoint: WebhookEndpoint, client_of: ClientOf
) -> None:
    admin = MembershipFactory.create(organization=owner.organization, roles=["Owner"])
    schedule(admin)
    event = Event.objects.get(type="removal.scheduled")
    delivery = WebhookDeliveryFactory.create(endpoint=endpoint, event=event)
    path = f"webhook-endpoints/{endpoint.pk}/deliveries"

    assert ids(as_owner, endpoint.organization, path) == [delivery.pk]
    assert ids(client_of(admin.user), endpoint.organization, path) == []


def test_deliveries_come_in_pages_the_newest_first_and_by_status(
    as_owner: APIClient, endpoint: WebhookEndpoint
) -> None:
    WebhookDeliveryFactory.create()  # another endpoint's
    first, second, third = WebhookDeliveryFactory.create_batch(3, endpoint=endpoint)
    WebhookDelivery.objects.filter(pk=second.pk).update(status="failed")

    def shown(**query: Any) -> list[str]:
        path = f"webhook-endpoints/{endpoint.pk}/deliveries"
        return ids(as_owner, endpoint.organization, path, **query)

    assert shown() == [third.pk, second.pk, first.pk]
    assert shown(limit=1, skip=1) == [second.pk]
    assert shown(after=second.pk) == [first.pk]
    assert shown(status="failed") == [second.pk]
    assert shown(status="pending") == [third.pk, first.pk]
    assert shown(status="delivered") == []


@pytest.mark.parametrize(
    "query", [{"status": "lost"}, {"status": ""}, {"after": "we_1"}, {"event_id": "evt_1"}]
)
def test_a_query_that_is_not_understood_is_refused(
    as_owner: APIClient, endpoint: WebhookEndpoint, query: dict[str, str]
) -> None:
    response = as_owner.get(address_of(endpoint, "deliveries"), query)

    assert refusal(response) == (422, "VALIDATION_ERROR")


def test_a_test_is_an_event_for_this_endpoint_alone(
    as_owner: APIClient, organization: Organization, owner: Membership, endpoint: WebhookEndpoint
) -> None:
    WebhookEndpointFactory.create(organization=organization)

    response = as_owner.post(address_of(endpoint, "test"), HTTP_X_REQUEST_ID="a-try")

    event, delivery = Event.objects.get(), WebhookDelivery.objects.get()
    body = response.json()
    assert (response.status_code, body["id"], body["status"]) == (202, delivery.pk, "pending")
    assert (body["event_id"], body["event_type"]) == (event.pk, "webhook.test")
    assert (event.type, event.user, event.actor) == ("webhook.test", None, owner.user)
    assert (event.source, event.trace_id) == ("api", "a-try")
    assert event.data == {"endpoint_id": endpoint.pk}
    assert delivery.endpoint == endpoint
    assert jobs() == [{"delivery_id": delivery.pk}]


@pytest.mark.parametrize("status", WebhookDelivery.Status.values)
def test_a_delivery_is_sent_again_however_far_it_came(
    as_owner: APIClient, endpoint: WebhookEndpoint, status: str
) -> None:
    delivery = WebhookDeliveryFactory.create(
        endpoint=endpoint,
        status=status,
        attempts=10,
        delivered_at=timezone.now() if status == "delivered" else None,
    )

    response = redeliver(as_owner, delivery)

    body = response.json()
    assert (response.status_code, body["id"]) == (202, delivery.pk)
    assert (body["status"], body["attempts"], body["delivered_at"]) == ("pending", 0, None)
    assert body["event_id"] == delivery.event_id
    assert WebhookDelivery.objects.get().event == delivery.event
    assert jobs() == [{"delivery_id": delivery.pk}]


def test_a_delivery_of_another_endpoint_is_not_found(
    as_owner: APIClient, organization: Organization, endpoint: WebhookEndpoint
) -> None:
    other = WebhookDeliveryFactory.create(
        endpoint=WebhookEndpointFactory.create(organization=organization)
    )

    for delivery_id in (other.pk, "dlv_unknown", "dlv-malformed"):
        response = as_owner.post(address_of(endpoint, f"deliveries/{delivery_id}/redeliver"))

        assert refusal(response) == (404, "WEBHOOK_DELIVERY_NOT_FOUND")
        assert response.json()["error"]["details"] == {"delivery_id": delivery_id}
    assert jobs() == []


def test_a_disabled_endpoint_is_sent_nothing_and_says_since_when_and_why(
    as_owner: APIClient, organization: Organization
) -> None:
    endpoint = WebhookEndpointFactory.create(
        organization=organization, disabled_at=timezone.now(), disabled_reason="failing"
    )
    delivery = WebhookDeliveryFactory.create(endpoint=endpoint, status="failed")
    shown = as_owner.get(address_in(organization, f"webhook-endpoints/{endpoint.pk}")).json()

    for response in (as_owner.post(address_of(endpoint, "test")), redeliver(as_owner, delivery)):
        assert refusal(response) == (422, "WEBHOOK_ENDPOINT_DISABLED")
        assert response.json()["error"]["details"] == {
            "endpoint_id": endpoint.pk,
            "disabled_at": shown["disabled_at"],
            "disabled_reason": "failing",
        }
    assert jobs() == []


def test_ten_a_minute_are_sent_for_one_token(
    as_owner: APIClient, owner: Membership, endpoint: WebhookEndpoint, client_of: ClientOf
) -> None:
    delivery = WebhookDeliveryFactory.create(endpoint=endpoint)
    for _ in range(5):
        assert as_owner.post(address_of(endpoint, "test")).status_code == 202
        assert redeliver(as_owner, delivery).status_code == 202

    for response in (as_owner.post(address_of(endpoint, "test")), redeliver(as_owner, delivery)):
        assert refusal(response) == (429, "RATE_LIMITED")
        assert 0 < int(response["Retry-After"]) <= 60
    assert as_owner.get(address_of(endpoint, "deliveries")).status_code == 200
    assert client_of(owner.user).post(address_of(endpoint, "test")).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_a_test_and_its_redelivery_arrive_signed_under_one_id(
    as_owner: APIClient, organization: Organization, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiver() as heard:
        made = as_owner.post(
            address_in(organization, "webhook-endpoints"), {"url": heard.url}
        ).json()
        endpoint = WebhookEndpoint.objects.get()
        delivery_id = as_owner.post(address_of(endpoint, "test")).json()["id"]
        work()
        as_owner.post(address_of(endpoint, f"deliveries/{delivery_id}/redeliver"))
        work()

    assert [body["type"] for body in heard.events(made["secret"])] == ["webhook.test"] * 2
    assert len(set(heard.ids)) == 1
    assert WebhookDelivery.objects.get().status == "delivered"
    assert made["secret"] == secret_of(endpoint, 1)
