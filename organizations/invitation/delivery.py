"""Sends the mail of an invitation at most once, and records the result."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from config.job_queue import PutOffError, UntilDone
from organizations.invitation.mail import Answer, compose, hand_over
from organizations.invitation.service import SEND
from organizations.models import Event, Invitation, Membership, Source
from users.models import FormerAddress

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()

GIVEN_UP_AFTER = timedelta(days=1)
# The wait after each attempt that failed for now; the last one repeats.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
# How long an attempt may take; if nothing is recorded by then, its worker was killed.
LEASE = timedelta(minutes=5)


@app.task(queue="mail", name=SEND, retry=UntilDone())
def send(membership_id: int, message: str) -> None:
    """Send the mail of one invitation; put the job off until the mail is taken or given up."""
    if next_attempt_at := attempt(membership_id, message):
        raise PutOffError(next_attempt_at)


def attempt(membership_id: int, message: str) -> datetime | None:
    """Send the mail of an invitation that is pending; return when to try again, or None.

    Sends nothing if the membership has ended or is deactivated, or the account has been disabled,
    erased or given another address. Does not retry an attempt whose worker was killed: the server
    may have the mail.
    """
    now = timezone.now()
    with transaction.atomic():
        pending = Invitation.objects.select_for_update(of=["self"]).filter(ended_at=None)
        related = pending.select_related("membership__user", "membership__organization")
        invitation = related.filter(pk=membership_id).first()
        if invitation is None:
            return None
        if invitation.attempted_at:
            if now < invitation.attempted_at + LEASE:
                return invitation.attempted_at + LEASE
            _end(invitation, cause="unknown", status=0)
            return None
        if not _is_wanted(invitation):
            _end(invitation)
            return None
        invitation.attempted_at = now
        invitation.attempts += 1
        invitation.save(update_fields=["attempted_at", "attempts"])
    answer = hand_over(compose(invitation.membership, message))
    next_attempt_at = _record(invitation, answer)
    logger.info(
        "invitation_mail",
        organization_id=invitation.organization_id,
        user_id=invitation.membership.user_id,
        attempt=invitation.attempts,
        is_sent=answer.is_sent,
        is_refused=answer.is_refused,
        status=answer.status,
    )
    return next_attempt_at


def _is_wanted(invitation: Invitation) -> bool:
    """Return whether the member who was invited still is one, at the same address."""
    member = invitation.membership
    has_moved = FormerAddress.objects.of(member.user).filter(had_until__gte=member.created_at)
    return member.is_active and member.user.is_active and not has_moved.exists()


@transaction.atomic
def _record(invitation: Invitation, answer: Answer) -> datetime | None:
    now = timezone.now()
    if answer.is_sent:
        Membership.objects.filter(pk=invitation.pk).update(invited_at=now)
        _end(invitation)
        return None
    if answer.is_refused:
        _end(invitation, cause="refused", status=answer.status)
        return None
    next_attempt_at = now + WAITS[min(invitation.attempts, len(WAITS)) - 1]
    if next_attempt_at > invitation.created_at + GIVEN_UP_AFTER:
        _end(invitation, cause="given_up", status=answer.status)
        return None
    invitation.attempted_at = None
    invitation.save(update_fields=["attempted_at"])
    return next_attempt_at


def _end(invitation: Invitation, *, cause: str = "", status: int = 0) -> None:
    """End an invitation; with a cause, it has failed, and an event is recorded."""
    invitation.ended_at = timezone.now()
    invitation.save(update_fields=["ended_at"])
    if cause:
        Event.objects.record(
            Event(
                type=Event.Type.INVITATION_FAILED,
                organization_id=invitation.organization_id,
                user_id=invitation.membership.user_id,
                source=Source.API,
                data={"cause": cause, "smtp_status": status},
            )
        )
