"""The job of the worker that sends invitations."""

from procrastinate.contrib.django import app

from config.job_queue import PutOffError, UntilDone
from organizations.invitation.delivery import attempt
from organizations.invitation.service import SEND


@app.task(queue="mail", name=SEND, retry=UntilDone())
def send(membership_id: int, message: str) -> None:
    """Send the mail of one invitation, again and again until it is taken, refused or given up."""
    if next_attempt_at := attempt(membership_id, message):
        raise PutOffError(next_attempt_at)
