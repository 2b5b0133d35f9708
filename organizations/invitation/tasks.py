"""The job of the worker that sends invitations."""

from datetime import datetime, timedelta

from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from organizations.invitation.delivery import attempt
from organizations.invitation.service import SEND

FAULT_WAIT = timedelta(seconds=30)


class PutOffError(Exception):
    """The mail was not sent, and is tried again at a given time."""

    def __init__(self, next_attempt_at: datetime) -> None:
        self.next_attempt_at = next_attempt_at
        super().__init__("put off")


class UntilEnded(BaseRetryStrategy):
    """Tries again at the time that was recorded, and soon after a fault of our database."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        if isinstance(exception, PutOffError):
            return RetryDecision(retry_at=exception.next_attempt_at)
        return RetryDecision(retry_at=timezone.now() + FAULT_WAIT)


@app.task(queue="mail", name=SEND, retry=UntilEnded())
def send(membership_id: int, message: str) -> None:
    """Send the mail of one invitation, again and again until it is taken, refused or given up."""
    if next_attempt_at := attempt(membership_id, message):
        raise PutOffError(next_attempt_at)
