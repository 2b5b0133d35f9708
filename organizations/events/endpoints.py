"""Creates, changes, tests and deletes webhook endpoints, and redelivers to them.

Each function is one transaction that locks the caller's authority, then the endpoint, so that it
overwrites nothing that a worker records meanwhile. Each raises the ContractError of a caller who
may not do it.
"""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from config.identifiers import only_ids
from config.retries import retried
from config.timestamps import in_whole_seconds
from organizations.events.delivery import defer_sending
from organizations.events.signature import OVERLAP
from organizations.exceptions import (
    TooManyWebhookEndpointsError,
    WebhookEndpointDisabledError,
    WebhookEndpointNotFoundError,
)
from organizations.guards.acts import ADD_WEBHOOK, CHANGE_WEBHOOK, DELETE_WEBHOOK, REDELIVER, Act
from organizations.guards.caller import Caller
from organizations.locks import admit
from organizations.models import Event, Organization, WebhookDelivery, WebhookEndpoint
from organizations.models.webhook import WebhookEndpointQuerySet

MOST_ENDPOINTS = 10  # of an organization
DisabledReason = WebhookEndpoint.DisabledReason
# An endpoint can subscribe to these. A test is sent whatever it subscribes to.
EVENT_TYPES = [choice for choice in Event.Type.choices if choice[0] != Event.Type.WEBHOOK_TEST]


@retried
@transaction.atomic
def create_endpoint(
    organization_id: str,
    *,
    url: str,
    event_types: Collection[str],
    description: str,
    caller: Caller,
) -> WebhookEndpoint:
    """Make an endpoint that is sent these types of events, or all if none is named.

    Locks the organization, so that the count holds. Raises TooManyWebhookEndpointsError.
    """
    admit(organization_id, caller=caller, act=ADD_WEBHOOK)
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    if organization.webhook_endpoints.count() >= MOST_ENDPOINTS:
        raise TooManyWebhookEndpointsError({"limit": MOST_ENDPOINTS})
    return WebhookEndpoint.objects.create(
        organization=organization,
        url=url,
        event_types=list(event_types),
        description=description,
        created_by=caller.actor,
        connection=caller.connection,
    )


@retried
@transaction.atomic
def change_endpoint(
    organization_id: str,
    endpoint_id: str,
    *,
    caller: Caller,
    url: str | None = None,
    event_types: Collection[str] | None = None,
    description: str | None = None,
    is_enabled: bool | None = None,
) -> WebhookEndpoint:
    """Change the fields of an endpoint that are not None. Raises WebhookEndpointNotFoundError.

    Enabling it or changing its URL resets its failures, and nothing holds it back any more.
    """
    endpoint = _lock(organization_id, endpoint_id, caller, CHANGE_WEBHOOK)
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
def delete_endpoint(organization_id: str, endpoint_id: str, *, caller: Caller) -> None:
    """Delete an endpoint with its deliveries. Raises WebhookEndpointNotFoundError."""
    _lock(organization_id, endpoint_id, caller, DELETE_WEBHOOK).delete()


@retried
@transaction.atomic
def rotate_secret(organization_id: str, endpoint_id: str, *, caller: Caller) -> WebhookEndpoint:
    """Give an endpoint another secret; the previous one signs along for 24 hours.

    Raises WebhookEndpointNotFoundError.
    """
    endpoint = _lock(organization_id, endpoint_id, caller, CHANGE_WEBHOOK)
    endpoint.secret_version += 1
    endpoint.previous_rotated_by, endpoint.rotated_by = endpoint.rotated_by, caller.actor
    endpoint.previous_secret_until = timezone.now() + OVERLAP
    endpoint.save()
    return endpoint


@retried
@transaction.atomic
def send_test(organization_id: str, endpoint_id: str, *, caller: Caller) -> WebhookDelivery:
    """Send a ``webhook.test`` event to this endpoint alone, whatever types it subscribes to.

    Raises WebhookEndpointNotFoundError and WebhookEndpointDisabledError.
    """
    endpoint = _lock_enabled(organization_id, endpoint_id, caller, CHANGE_WEBHOOK)
    event = caller.event(
        Event.Type.WEBHOOK_TEST, organization_id, data={"endpoint_id": endpoint_id}
    )
    event.save(force_insert=True)
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event)
    defer_sending([delivery.pk])
    return delivery


@retried
@transaction.atomic
def redeliver(
    organization_id: str, endpoint_id: str, delivery_ids: Collection[str], *, caller: Caller
) -> list[WebhookDelivery]:
    """Send deliveries of an endpoint again, under the same ``webhook-id``, from the first attempt.

    Returns those that exist. Raises WebhookEndpointNotFoundError and WebhookEndpointDisabledError.
    """
    endpoint = _lock_enabled(organization_id, endpoint_id, caller, REDELIVER)
    deliveries = endpoint.deliveries.filter(pk__in=only_ids("dlv", delivery_ids))
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


def _lock(organization_id: str, endpoint_id: str, caller: Caller, act: Act) -> WebhookEndpoint:
    """Lock and return an endpoint. Raises WebhookEndpointNotFoundError, and as `admit`."""
    admit(organization_id, caller=caller, act=act)
    return _one_of(WebhookEndpoint.objects.select_for_update(), organization_id, endpoint_id)


def _one_of(
    endpoints: WebhookEndpointQuerySet, organization_id: str, endpoint_id: str
) -> WebhookEndpoint:
    endpoint = endpoints.named(endpoint_id).filter(organization=organization_id).first()
    if endpoint is None:
        raise WebhookEndpointNotFoundError({"endpoint_id": endpoint_id})
    return endpoint


def _lock_enabled(
    organization_id: str, endpoint_id: str, caller: Caller, act: Act
) -> WebhookEndpoint:
    """Lock and return an endpoint. Raises WebhookEndpointDisabledError, and as `_lock`."""
    endpoint = _lock(organization_id, endpoint_id, caller, act)
    if endpoint.disabled_at:
        details: dict[str, Any] = {
            "endpoint_id": endpoint.pk,
            "disabled_at": in_whole_seconds(endpoint.disabled_at),
            "disabled_reason": endpoint.disabled_reason,
        }
        raise WebhookEndpointDisabledError(details)
    return endpoint
