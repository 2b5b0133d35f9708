"""Workers as tests run them."""

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
    """Run every due job of a queue, and those that they defer, in this process.

    With ``until``, jobs that are due by then run, too.
    """
    assert isinstance(app.connector, DjangoConnector)
    # In a thread: a started browser leaves an event loop in the tests' own.
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
    """Have jobs close their connections: the threads that would keep them end with the block."""
    kept = connection.settings_dict["CONN_MAX_AGE"]
    connection.settings_dict["CONN_MAX_AGE"] = 0
    try:
        yield
    finally:
        connection.settings_dict["CONN_MAX_AGE"] = kept


def _bring_forward(queue: str, moment: datetime) -> bool:
    """Make due now what is due by a moment; return whether there is anything."""
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
    """Run a worker as the README says, on the test's database; it is killed at the end."""
    with running(
        *("manage.py", "procrastinate", "worker"),
        environment=environment() | {"WEBHOOK_ALLOW_PRIVATE": "true"} | variables,
    ) as program:
        program.until("Launching a worker on all queues")
        yield program


def until_no_job_is_done() -> None:
    """Wait until no worker is running a job. Raises AssertionError if one stays busy."""
    _until_there_is_none(ProcrastinateJob.objects.filter(status="doing"))


def until_every_job_is_done(queue: str) -> None:
    """Wait until workers have done a queue's jobs. Raises AssertionError if they have not."""
    _until_there_is_none(
        ProcrastinateJob.objects.filter(queue_name=queue, status__in=["todo", "doing"])
    )


def _until_there_is_none(jobs: QuerySet[ProcrastinateJob]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while jobs.all().exists():
        assert time.monotonic() < deadline, "a job is not done"
        time.sleep(0.01)  # between two looks


def take_up_stalled(*, after: timedelta) -> None:
    """Take up the jobs of silent workers, as workers do each minute, so long after the last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers"
            " SET last_heartbeat = last_heartbeat - make_interval(secs => %s)",
            [after.total_seconds()],
        )
    with suppress(AlreadyEnqueued):  # by the worker itself, at the turn of a minute
        app.configure_task("config.tasks.take_up_stalled", queue="upkeep").defer(timestamp=0)
    work("upkeep")
