"""The jobs of the worker that send webhooks."""

from datetime import timedelta

from django.db.models.functions import Now
from procrastinate.contrib.django import app

from config.job_queue import PutOffError, UntilDone
from organizations.events.delivery import SEND, attempt, take_up_abandoned
from organizations.events.fan_out import FAN_OUT, deliver_to_endpoints
from organizations.models import WebhookDelivery

KEPT = timedelta(days=30)


@app.task(queue="webhooks", name=FAN_OUT, retry=UntilDone())
def fan_out(event_ids: list[str]) -> None:
    """Make the deliveries of committed events."""
    deliver_to_endpoints(event_ids)


@app.task(queue="webhooks", name=SEND, retry=UntilDone())
def send(delivery_id: str) -> None:
    """Send one delivery; put the job off until the delivery is accepted or given up."""
    if next_attempt_at := attempt(delivery_id):
        raise PutOffError(next_attempt_at)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="upkeep", queueing_lock="take_up_deliveries")
def take_up_deliveries(timestamp: int) -> None:
    """Defer overdue deliveries that have no job."""
    take_up_abandoned()


@app.periodic(cron="23 * * * *")
@app.task(queue="upkeep", queueing_lock="delete_old_deliveries")
def delete_old_deliveries(timestamp: int) -> None:
    """Delete deliveries older than 30 days; their events stay."""
    # By the database's clock: by a wrong one of a worker, pending deliveries would go.
    WebhookDelivery.objects.filter(created_at__lt=Now() - KEPT).delete()
