"""Defers jobs in the transaction of the change that they follow, and decides on retries."""

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

# Defers over Django's connection, also in workers, whose own app has other connections: a job is
# committed together with the change that it follows.
_in_transaction = App(connector=DjangoConnector())


def defer(task: str, jobs: Iterable[JSONDict], *, queue: str, priority: int = 0) -> None:
    """Have workers run a task once for each of these arguments after the commit.

    It takes one statement, or none without jobs. A failure of the database is raised as Django's
    own error: a request would answer procrastinate's with 500.
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
    """A job did not do its work, and is to be tried again at a given time."""

    def __init__(self, next_attempt_at: datetime) -> None:
        self.next_attempt_at = next_attempt_at
        super().__init__("put off")


class UntilDone(BaseRetryStrategy):
    """Retries a job at the time that a PutOffError names, and soon after any other error."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        if isinstance(exception, PutOffError):
            return RetryDecision(retry_at=exception.next_attempt_at)
        return RetryDecision(retry_at=timezone.now() + FAULT_WAIT)
