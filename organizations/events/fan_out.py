"""From events to deliveries: one for each endpoint that wants to hear of an event."""

from collections.abc import Sequence

from django.db import transaction

from organizations.events.delivery import defer_sending
from organizations.models import Event, WebhookDelivery, WebhookEndpoint

FAN_OUT = "organizations.events.tasks.fan_out"  # as the trigger calls it
BATCH = 5000  # rows a statement


@transaction.atomic
def deliver_to_endpoints(event_ids: Sequence[str]) -> None:
    """Make and defer the deliveries of events; those that there are already stay as they are.

    Three statements, and one more for every few thousand deliveries, whatever the number of events.
    """
    events = list(Event.objects.filter(pk__in=event_ids).only("pk", "type", "organization"))
    endpoints = WebhookEndpoint.objects.enabled().filter(
        organization__in={event.organization_id for event in events}
    )
    wanted = [
        WebhookDelivery(endpoint=endpoint, event=event)
        for endpoint in endpoints
        for event in events
        if endpoint.organization_id == event.organization_id and endpoint.wants(event.type)
    ]
    WebhookDelivery.objects.bulk_create(wanted, batch_size=BATCH, ignore_conflicts=True)
    # Of a job that is done a second time, the deliveries that the first made are not among these.
    made = WebhookDelivery.objects.filter(pk__in=[delivery.pk for delivery in wanted])
    defer_sending(made.values_list("pk", flat=True))
