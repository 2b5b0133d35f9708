"""Sends an invitation's mail, never again once the server took it, and records the result."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from organizations.invitation.mail import Answer, compose, hand_over
from organizations.models import Event, Invitation, Membership, Source
from users.models import FormerAddress

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()

GIVEN_UP_AFTER = timedelta(days=1)
# How long after each attempt that the server put off the next one is made; the last wait stays.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
# For so long who sends a mail has it alone; if nothing is recorded then, the worker was killed.
LEASE = timedelta(minutes=5)


def attempt(membership_id: int, message: str) -> datetime | None:
    """Send the mail of an invitation that is pending; return when to try again, or None.

    Nothing is sent if the membership has ended or is deactivated, or the account was disabled,
    erased or given another address meanwhile. Where a worker was killed between handing over the
    mail and recording the answer, the server may have it: it is not sent again.
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
    """Tell whether the mail still goes to the member who was invited."""
    member = invitation.membership
    has_moved = FormerAddress.objects.of(member.user).filter(had_until__gte=member.created_at)
    return member.is_active and member.user.is_active and not has_moved.exists()


@transaction.atomic
def _record(invitation: Invitation, answer: Answer) -> datetime | None:
    """Record the answer; return when to try again, or None."""
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
    """End an invitation; with a cause, it has failed, and an event says so."""
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
