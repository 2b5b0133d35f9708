"""The worker's part in webhooks."""

from procrastinate.contrib.django import app

from organizations.events.fan_out import deliver_to_endpoints


@app.task(queue="webhooks", name="organizations.events.tasks.fan_out")
def fan_out(event_ids: list[str]) -> None:
    """Make the deliveries of events that were committed."""
    deliver_to_endpoints(event_ids)
