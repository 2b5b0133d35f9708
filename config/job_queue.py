"""Defers jobs in the transaction of the change that they follow, and has them tried again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.types import JSONDict

FAULT_WAIT = timedelta(seconds=30)

# Defers by Django's connection in a worker, too, whose own app has connections of its own: no job
# is there before the change that it follows, or without it.
_in_transaction = App(connector=DjangoConnector())


def defer(task: str, jobs: Iterable[JSONDict], *, queue: str, priority: int = 0) -> None:
    """Have a worker do a task with each of these arguments once the transaction is committed.

    One statement, or none for no jobs. Raises Django's error where the database fails: the library
    wraps the driver's in one of its own, which a request would answer with 500.
    """
    arguments = list(jobs)
    if not arguments:
        return
    configured = _in_transaction.configure_task(task, queue=queue, priority=priority)
    try:
        configured.batch_defer(*arguments)
    except ConnectorException as error:
        if error.__cause__ is None:
            raise
        with connection.wrap_database_errors:
            raise error.__cause__ from None


class PutOffError(Exception):
    """A job did not do its work, and is tried again at a given time."""

    def __init__(self, next_attempt_at: datetime) -> None:
        self.next_attempt_at = next_attempt_at
        super().__init__("put off")


class UntilDone(BaseRetryStrategy):
    """Tries a job again at the time that it was put off to, and soon after any fault."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        if isinstance(exception, PutOffError):
            return RetryDecision(retry_at=exception.next_attempt_at)
        return RetryDecision(retry_at=timezone.now() + FAULT_WAIT)
