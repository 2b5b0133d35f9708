"""Jobs that send deliveries."""

from collections.abc import Iterable

from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

SEND = "organizations.events.tasks.send"


def defer_sending(delivery_ids: Iterable[str]) -> None:
    """Have a worker send these deliveries, once the transaction is committed; one statement."""
    jobs: list[JSONDict] = [{"delivery_id": delivery_id} for delivery_id in delivery_ids]
    if jobs:
        app.configure_task(SEND, queue="webhooks").batch_defer(*jobs)
