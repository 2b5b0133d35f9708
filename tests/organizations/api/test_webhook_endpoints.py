"""Webhook endpoints: made, listed, changed, deleted, and given another secret."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from organizations.events.signature import secret_of, signing_secrets
from organizations.models import Membership, Organization, WebhookDelivery, WebhookEndpoint
from tests.concurrency import all_at_once
from tests.conftest import ClientOf
from tests.factories import MembershipFactory, WebhookDeliveryFactory, WebhookEndpointFactory
from tests.organizations.api.lists import address_in
from tests.organizations.api.refusal import invalid_fields, refusal

URL = "https://8.8.8.8/hook"
FIELDS = {
    *("id", "url", "event_types", "description", "status", "disabled_at", "disabled_reason"),
    *("last_success_at", "failing_since", "held_until", "previous_secret_until"),
    *("created_by", "connection_id", "created_at"),
}


@pytest.fixture
def endpoint(organization: Organization) -> WebhookEndpoint:
    """An endpoint of the owner's organization."""
    return WebhookEndpointFactory.create(organization=organization)


def address_of(endpoint: WebhookEndpoint, action: str = "") -> str:
    return address_in(endpoint.organization, f"webhook-endpoints/{endpoint.pk}{action}")


def create(client: APIClient, organization: Organization, **body: object) -> Any:
    return client.post(address_in(organization, "webhook-endpoints"), {"url": URL, **body})


def test_an_endpoint_is_made_with_a_secret_that_is_shown_this_once(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    response = create(as_owner, organization, event_types=["member.removed"], description="Payroll")

    made = WebhookEndpoint.objects.get()
    body = response.json()
    assert (response.status_code, set(body)) == (201, {*FIELDS, "secret"})
    assert (body["id"], body["url"], body["status"]) == (made.pk, URL, "enabled")
    assert (body["event_types"], body["description"]) == (["member.removed"], "Payroll")
    assert (body["created_by"], made.organization) == (owner.user_id, organization)
    assert body["secret"] == secret_of(made, 1)
    shown = as_owner.get(address_of(made)).json()
    assert shown == {name: body[name] for name in FIELDS}
    assert as_owner.get(address_in(organization, "webhook-endpoints")).json() == [shown]


def test_all_types_and_no_description_are_the_default(
    as_owner: APIClient, organization: Organization
) -> None:
    body = create(as_owner, organization).json()

    assert (body["event_types"], body["description"]) == ([], "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", None),
        ("url", ""),
        ("url", 7),
        ("url", "https://8.8.8.8/" + "x" * 2000),
        ("url", "hooks"),
        ("url", "file:///etc/passwd"),
        ("url", "http://8.8.8.8/hook"),
        ("url", "https://user:word@8.8.8.8/hook"),
        ("url", "https://127.0.0.1/hook"),
        ("url", "https://169.254.169.254/latest"),
        ("event_types", "member.removed"),
        ("event_types", ["member.vanished"]),
        ("event_types", ["webhook.test"]),
        ("event_types", ["member.removed", "member.removed"]),
        ("event_types", None),
        ("description", 7),
        ("description", "x" * 501),
        ("description", "\0"),
        ("secret", "whsec_mine"),
        ("unknown", 1),
    ],
)
def test_what_cannot_be_taken_is_refused_when_made_and_when_changed(
    as_owner: APIClient,
    organization: Organization,
    endpoint: WebhookEndpoint,
    field: str,
    value: object,
) -> None:
    for response in (
        create(as_owner, organization, **{field: value}),
        as_owner.patch(address_of(endpoint), {field: value}),
    ):
        assert invalid_fields(response) == {field}
    assert WebhookEndpoint.objects.get().url == endpoint.url


@pytest.mark.parametrize("body", [{}, {"url": URL, "status": "enabled"}])
def test_one_is_made_with_an_address_and_enabled(
    as_owner: APIClient, organization: Organization, body: dict[str, str]
) -> None:
    response = as_owner.post(address_in(organization, "webhook-endpoints"), body)

    assert refusal(response) == (422, "VALIDATION_ERROR")


def test_a_change_leaves_what_it_does_not_name(
    as_owner: APIClient, endpoint: WebhookEndpoint
) -> None:
    before = as_owner.get(address_of(endpoint)).json()

    assert as_owner.patch(address_of(endpoint), {}).json() == before
    changed = as_owner.patch(address_of(endpoint), {"event_types": ["member.added"]})

    assert changed.status_code == 200
    assert changed.json() == before | {"event_types": ["member.added"]}
    assert as_owner.get(address_of(endpoint)).json() == changed.json()


def test_a_disabled_endpoint_says_why_and_one_that_is_enabled_again_begins_anew(
    as_owner: APIClient, endpoint: WebhookEndpoint
) -> None:
    WebhookEndpoint.objects.update(failing_since=timezone.now())

    disabled = as_owner.patch(address_of(endpoint), {"status": "disabled"}).json()
    enabled = as_owner.patch(address_of(endpoint), {"status": "enabled"}).json()

    assert (disabled["status"], disabled["disabled_reason"]) == ("disabled", "asked")
    assert disabled["disabled_at"]
    assert disabled["failing_since"]
    assert (enabled["status"], enabled["disabled_at"]) == ("enabled", None)
    assert (enabled["disabled_reason"], enabled["failing_since"]) == (None, None)


def test_what_a_worker_disabled_keeps_its_reason_when_it_is_disabled_again(
    as_owner: APIClient, organization: Organization
) -> None:
    endpoint = WebhookEndpointFactory.create(
        organization=organization, disabled_at=timezone.now(), disabled_reason="gone"
    )

    shown = as_owner.patch(address_of(endpoint), {"status": "disabled"}).json()

    assert shown["disabled_reason"] == "gone"


def test_another_address_begins_with_no_failures(
    as_owner: APIClient, endpoint: WebhookEndpoint
) -> None:
    WebhookEndpoint.objects.update(failing_since=timezone.now())

    shown = as_owner.patch(address_of(endpoint), {"url": "https://8.8.4.4/"}).json()

    assert (shown["url"], shown["failing_since"]) == ("https://8.8.4.4/", None)


def test_a_deleted_endpoint_is_gone_with_its_deliveries_and_the_events_stay(
    as_owner: APIClient, endpoint: WebhookEndpoint
) -> None:
    delivery = WebhookDeliveryFactory.create(endpoint=endpoint)

    response = as_owner.delete(address_of(endpoint))

    assert (response.status_code, response.content) == (204, b"")
    assert not WebhookDelivery.objects.exists()
    delivery.event.refresh_from_db()
    assert refusal(as_owner.get(address_of(endpoint))) == (404, "WEBHOOK_ENDPOINT_NOT_FOUND")


def test_a_rotated_secret_is_shown_once_and_the_one_before_signs_along_for_a_day(
    as_owner: APIClient, endpoint: WebhookEndpoint
) -> None:
    before = secret_of(endpoint, 1)

    response = as_owner.post(address_of(endpoint, "/rotate-secret"))

    endpoint.refresh_from_db()
    body = response.json()
    assert (response.status_code, set(body)) == (200, {*FIELDS, "secret"})
    assert body["secret"] != before
    assert signing_secrets(endpoint) == [body["secret"], before]
    assert endpoint.previous_secret_until
    left = endpoint.previous_secret_until - timezone.now()
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)
    assert "secret" not in as_owner.get(address_of(endpoint)).json()


def test_who_was_shown_either_secret_that_signs_is_known(
    as_owner: APIClient, endpoint: WebhookEndpoint, owner: Membership, client_of: ClientOf
) -> None:
    second = MembershipFactory.create(organization=endpoint.organization, roles=["Owner"])

    for client in (as_owner, client_of(second.user)):
        client.post(address_of(endpoint, "/rotate-secret"))

    endpoint.refresh_from_db()
    assert endpoint.secret_holders - {None} == {owner.user_id, second.user_id}


def test_an_organization_has_ten_endpoints_at_most(
    as_owner: APIClient, organization: Organization
) -> None:
    WebhookEndpointFactory.create()  # another organization's
    WebhookEndpointFactory.create_batch(9, organization=organization)

    assert create(as_owner, organization).status_code == 201
    response = create(as_owner, organization)

    assert refusal(response) == (422, "TOO_MANY_WEBHOOK_ENDPOINTS")
    assert response.json()["error"]["details"] == {"limit": 10}
    assert organization.webhook_endpoints.count() == 10


@pytest.mark.django_db(transaction=True)
def test_of_two_made_at_once_the_eleventh_is_refused(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    WebhookEndpointFactory.create_batch(9, organization=organization)
    clients = [client_of(owner.user), client_of(owner.user)]

    statuses = all_at_once(
        *(lambda client=client: create(client, organization).status_code for client in clients)
    )

    assert sorted(statuses) == [201, 422]
    assert organization.webhook_endpoints.count() == 10


def test_an_endpoint_outlives_its_maker(
    as_owner: APIClient, organization: Organization, client_of: ClientOf
) -> None:
    maker = MembershipFactory.create(organization=organization, roles=["Admin"])
    made = create(client_of(maker.user), organization).json()

    as_owner.delete(address_in(organization, f"users/{maker.user_id}"), {"confirm": True})

    shown = as_owner.get(address_in(organization, f"webhook-endpoints/{made['id']}")).json()
    assert (shown["created_by"], shown["status"]) == (maker.user_id, "enabled")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [0, 9])
def test_the_number_of_statements_does_not_depend_on_how_many_there_are(
    as_owner: APIClient,
    organization: Organization,
    endpoint: WebhookEndpoint,
    django_assert_num_queries: Any,
    number: int,
) -> None:
    WebhookEndpointFactory.create_batch(number - 1 if number else 0, organization=organization)
    WebhookDeliveryFactory.create_batch(number, endpoint=endpoint)

    # Each reads the token with its user and what the caller may do. A change also takes BEGIN, two
    # locks, what the caller may do then, and COMMIT.
    with django_assert_num_queries(3):  # the endpoints
        as_owner.get(address_in(organization, "webhook-endpoints"))
    with django_assert_num_queries(9):  # the number, the endpoint
        assert create(as_owner, organization).status_code == 201
    with django_assert_num_queries(8):  # the change
        as_owner.post(address_of(endpoint, "/rotate-secret"))
    with django_assert_num_queries(5):  # the endpoint, the number, the deliveries
        as_owner.get(address_of(endpoint, "/deliveries"))
    with django_assert_num_queries(9):  # the deliveries, the endpoint
        assert as_owner.delete(address_of(endpoint)).status_code == 204
