"""Makes the deliveries of events, one for each endpoint that subscribes to them."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef

from config.retries import retried
from organizations.events.delivery import BACKLOG_PRIORITY, defer_sending
from organizations.models import Event, WebhookDelivery, WebhookEndpoint

FAN_OUT = "organizations.events.tasks.fan_out"  # the trigger defers it by this name
BATCH = 5000  # rows a statement
# Only so many deliveries of an endpoint have the normal priority; the rest come after those of all
# endpoints, so that a slow or failing receiver delays only its own events.
IN_TURN = 10


@retried  # an endpoint may be deleted meanwhile
@transaction.atomic
def deliver_to_endpoints(event_ids: Sequence[str]) -> None:
    """Make and defer the deliveries of events; existing ones stay as they are.

    Takes a fixed number of statements, and one more for every 5,000 deliveries.
    """
    events = list(Event.objects.filter(pk__in=event_ids).only("pk", "type", "organization"))
    pending = WebhookDelivery.objects.filter(
        endpoint=OuterRef("pk"), status=WebhookDelivery.Status.PENDING
    )
    endpoints = WebhookEndpoint.objects.enabled().filter(
        organization__in={event.organization_id for event in events}
    )
    behind = set(endpoints.filter(Exists(pending[IN_TURN:])))
    in_turn: list[WebhookDelivery] = []
    backlog: list[WebhookDelivery] = []
    for endpoint in endpoints:
        wanted = [
            WebhookDelivery(endpoint=endpoint, event=event)
            for event in events
            if endpoint.organization_id == event.organization_id and endpoint.wants(event.type)
        ]
        first = 0 if endpoint in behind else IN_TURN
        in_turn += wanted[:first]
        backlog += wanted[first:]
    WebhookDelivery.objects.bulk_create(in_turn + backlog, batch_size=BATCH, ignore_conflicts=True)
    defer_sending(_inserted(in_turn))
    defer_sending(_inserted(backlog), priority=BACKLOG_PRIORITY)


def _inserted(deliveries: Iterable[WebhookDelivery]) -> Iterable[str]:
    """Return the ids of the deliveries that did not exist before this run of the job."""
    inserted = WebhookDelivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries])
    return inserted.values_list("pk", flat=True)
