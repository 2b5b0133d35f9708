"""Workers, as tests run them."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from organizations.models import WebhookDelivery, WebhookEndpoint
from tests.processes import DEADLINE_SECONDS, Program, running
from tests.production import environment


def work(queue: str = "webhooks", *, until: datetime | None = None) -> None:
    """Do every job of a queue that is due, in this process, and those that they lead to.

    As if it were a later moment: then also what is due by then is done.
    """
    assert isinstance(app.connector, DjangoConnector)
    # In a thread: where a browser was started, the tests' own has an event loop.
    with (
        _connections_for_one_job(),
        app.replace_connector(app.connector.get_worker_connector()) as worker,
        ThreadPoolExecutor(1) as pool,
    ):
        while _bring_forward(queue, until or timezone.now()):
            pool.submit(
                worker.run_worker,
                queues=[queue],
                wait=False,
                install_signal_handlers=False,
                listen_notify=False,
            ).result()


@contextmanager
def _connections_for_one_job() -> Iterator[None]:
    """Have jobs close their connections in this block: the threads that keep them end with it."""
    kept = connection.settings_dict["CONN_MAX_AGE"]
    connection.settings_dict["CONN_MAX_AGE"] = 0
    try:
        yield
    finally:
        connection.settings_dict["CONN_MAX_AGE"] = kept


def _bring_forward(queue: str, moment: datetime) -> bool:
    """Make due what would be at a moment; tell whether anything is."""
    due = ProcrastinateJob.objects.filter(queue_name=queue, status="todo").filter(
        Q(scheduled_at=None) | Q(scheduled_at__lte=moment)
    )
    WebhookDelivery.objects.filter(status="pending", next_attempt_at__lte=moment).update(
        next_attempt_at=timezone.now()
    )
    WebhookEndpoint.objects.filter(held_until__lte=moment).update(held_until=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now()"
            " WHERE queue_name = %s AND status = 'todo' AND scheduled_at <= %s",
            [queue, moment],
        )
    return due.exists()


@contextmanager
def working(**variables: str) -> Iterator[Program]:
    """Run a worker as the README says, on the database of the test, until it is killed."""
    with running(
        *("manage.py", "procrastinate", "worker"),
        environment=environment() | {"WEBHOOK_ALLOW_PRIVATE": "true"} | variables,
    ) as program:
        program.until("Launching a worker on all queues")
        yield program


def until_no_job_is_done() -> None:
    """Return when no worker has a job in hand; raises AssertionError if that does not happen."""
    _until_there_is_none(ProcrastinateJob.objects.filter(status="doing"))


def until_every_job_is_done(queue: str) -> None:
    """Return when workers have done a queue's jobs; raises AssertionError if they have not."""
    _until_there_is_none(
        ProcrastinateJob.objects.filter(queue_name=queue, status__in=["todo", "doing"])
    )


def _until_there_is_none(jobs: QuerySet[ProcrastinateJob]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while jobs.all().exists():
        assert time.monotonic() < deadline, "a job is to be done still"
        time.sleep(0.01)  # between two looks


def take_up_stalled(*, after: timedelta) -> None:
    """Do what workers do each minute for those that were killed, so long after it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers"
            " SET last_heartbeat = last_heartbeat - make_interval(secs => %s)",
            [after.total_seconds()],
        )
    with suppress(AlreadyEnqueued):  # by the worker itself, at the turn of a minute
        app.configure_task("config.tasks.take_up_stalled", queue="upkeep").defer(timestamp=0)
    work("upkeep")
