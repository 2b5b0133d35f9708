"""Workers, as tests run them."""

from datetime import datetime

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob


def work(queue: str = "webhooks", *, until: datetime | None = None) -> None:
    """Do every job of a queue that is due, in this process, and those that they lead to.

    As if it were a later moment: then also what is due by then is done.
    """
    assert isinstance(app.connector, DjangoConnector)
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        while _bring_forward(queue, until or timezone.now()):
            worker.run_worker(
                queues=[queue], wait=False, install_signal_handlers=False, listen_notify=False
            )


def _bring_forward(queue: str, moment: datetime) -> bool:
    """Make due what would be at a moment; tell whether anything is."""
    due = ProcrastinateJob.objects.filter(queue_name=queue, status="todo").filter(
        Q(scheduled_at=None) | Q(scheduled_at__lte=moment)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now()"
            " WHERE queue_name = %s AND status = 'todo' AND scheduled_at <= %s",
            [queue, moment],
        )
    return due.exists()
