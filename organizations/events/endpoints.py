"""Who outside hears of changes: webhook endpoints are made, changed, tried and sent to again.

Each function is one transaction that locks the endpoint, so that what a worker records of a
delivery meanwhile is not lost.
"""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.identifiers import is_id
from config.timestamps import in_whole_seconds
from organizations.events.delivery import defer_sending
from organizations.events.signature import OVERLAP
from organizations.exceptions import (
    TooManyWebhookEndpointsError,
    WebhookEndpointDisabledError,
    WebhookEndpointNotFoundError,
)
from organizations.models import Event, Organization, Source, WebhookDelivery, WebhookEndpoint
from organizations.retries import retried
from users.models import User

MOST_ENDPOINTS = 10  # of an organization
DisabledReason = WebhookEndpoint.DisabledReason
# What an endpoint can be sent. A test goes to the one that it is asked for, whatever it wants.
EVENT_TYPES = [choice for choice in Event.Type.choices if choice[0] != Event.Type.WEBHOOK_TEST]


@retried
@transaction.atomic
def create_endpoint(
    organization_id: str,
    *,
    url: str,
    event_types: Collection[str],
    description: str,
    created_by: User | None,
) -> WebhookEndpoint:
    """Make an endpoint that is sent these types of events, or all where none is named.

    Raises TooManyWebhookEndpointsError. Of several at once none is one too many: the organization
    is locked.
    """
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    if organization.webhook_endpoints.count() >= MOST_ENDPOINTS:
        raise TooManyWebhookEndpointsError({"limit": MOST_ENDPOINTS})
    return WebhookEndpoint.objects.create(
        organization=organization,
        url=url,
        event_types=list(event_types),
        description=description,
        created_by=created_by,
    )


@retried
@transaction.atomic
def change_endpoint(
    organization_id: str,
    endpoint_id: str,
    *,
    url: str | None = None,
    event_types: Collection[str] | None = None,
    description: str | None = None,
    is_enabled: bool | None = None,
) -> WebhookEndpoint:
    """Change what is named of an endpoint. Raises WebhookEndpointNotFoundError.

    One that is enabled, or gets another address, begins with no failures, and is held back no more.
    """
    endpoint = _lock(organization_id, endpoint_id)
    if event_types is not None:
        endpoint.event_types = list(event_types)
    if description is not None:
        endpoint.description = description
    if url is not None and url != endpoint.url:
        endpoint.url = url
        endpoint.failing_since = endpoint.held_until = None
    if is_enabled and not endpoint.is_enabled:
        endpoint.disabled_at, endpoint.disabled_reason = None, ""
        endpoint.failing_since = endpoint.held_until = None
    elif is_enabled is False and endpoint.is_enabled:
        endpoint.disable(DisabledReason.ASKED, timezone.now())
    endpoint.save()
    return endpoint


@retried
@transaction.atomic
def delete_endpoint(organization_id: str, endpoint_id: str) -> None:
    """Delete an endpoint with its deliveries. Raises WebhookEndpointNotFoundError."""
    _lock(organization_id, endpoint_id).delete()


@retried
@transaction.atomic
def rotate_secret(organization_id: str, endpoint_id: str) -> WebhookEndpoint:
    """Give an endpoint another secret; the one before signs along for 24 hours.

    Raises WebhookEndpointNotFoundError.
    """
    endpoint = _lock(organization_id, endpoint_id)
    endpoint.secret_version += 1
    endpoint.previous_secret_until = timezone.now() + OVERLAP
    endpoint.save()
    return endpoint


@retried
@transaction.atomic
def send_test(
    organization_id: str, endpoint_id: str, *, actor: User | None, source: Source, trace_id: str
) -> WebhookDelivery:
    """Send a ``webhook.test`` event to this endpoint alone, whatever types it is sent.

    Raises WebhookEndpointNotFoundError and WebhookEndpointDisabledError.
    """
    endpoint = _lock(organization_id, endpoint_id)
    _require_enabled(endpoint)
    event = Event.objects.create(
        type=Event.Type.WEBHOOK_TEST,
        organization_id=organization_id,
        actor=actor,
        source=source,
        data={"endpoint_id": endpoint_id},
        trace_id=trace_id,
    )
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event)
    defer_sending([delivery.pk])
    return delivery


@retried
@transaction.atomic
def redeliver(
    organization_id: str, endpoint_id: str, delivery_ids: Collection[str]
) -> list[WebhookDelivery]:
    """Send deliveries of an endpoint again, under the same ``webhook-id``, from the first attempt.

    Returns those that there are. Raises WebhookEndpointNotFoundError and
    WebhookEndpointDisabledError.
    """
    endpoint = _lock(organization_id, endpoint_id)
    _require_enabled(endpoint)
    known = [delivery_id for delivery_id in delivery_ids if is_id("dlv", delivery_id)]
    deliveries = endpoint.deliveries.filter(pk__in=known)
    deliveries.update(
        status=WebhookDelivery.Status.PENDING,
        attempts=0,
        next_attempt_at=timezone.now(),
        delivered_at=None,
    )
    found = list(deliveries.select_related("event"))
    defer_sending(delivery.pk for delivery in found)
    return found


def find_endpoint(organization_id: str, endpoint_id: str) -> WebhookEndpoint:
    """Return an endpoint. Raises WebhookEndpointNotFoundError."""
    return _one_of(WebhookEndpoint.objects.all(), organization_id, endpoint_id)


def _lock(organization_id: str, endpoint_id: str) -> WebhookEndpoint:
    """Lock an endpoint until the transaction ends, and return it.

    Raises WebhookEndpointNotFoundError.
    """
    return _one_of(WebhookEndpoint.objects.select_for_update(), organization_id, endpoint_id)


def _one_of(
    endpoints: QuerySet[WebhookEndpoint], organization_id: str, endpoint_id: str
) -> WebhookEndpoint:
    known = [endpoint_id] if is_id("we", endpoint_id) else []
    endpoint = endpoints.filter(organization=organization_id, pk__in=known).first()
    if endpoint is None:
        raise WebhookEndpointNotFoundError({"endpoint_id": endpoint_id})
    return endpoint


def _require_enabled(endpoint: WebhookEndpoint) -> None:
    """Raise WebhookEndpointDisabledError for one that is sent nothing."""
    if endpoint.disabled_at:
        details: dict[str, Any] = {
            "endpoint_id": endpoint.pk,
            "disabled_at": in_whole_seconds(endpoint.disabled_at),
            "disabled_reason": endpoint.disabled_reason,
        }
        raise WebhookEndpointDisabledError(details)
