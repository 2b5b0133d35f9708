"""Sends one delivery, reads the answer, and decides when to try again."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from secrets import SystemRandom
from time import perf_counter

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.fields.json import KT
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.http import parse_http_date_safe
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.types import JSONDict

from config.job_queue import defer
from config.timestamps import in_whole_seconds
from organizations.events.connection import Answer, post
from organizations.events.signature import signed_headers
from organizations.guards.targets import resource_data
from organizations.models import (
    Event,
    OffboardingTask,
    RemovedResources,
    WebhookDelivery,
    WebhookEndpoint,
)

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()

SEND = "organizations.events.tasks.send"

# How long after each failed attempt the next one is made; after the last, none is.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
JITTER = 0.1  # of the wait, so that what failed together is not tried again together
# For so long who sends a delivery has it alone; if nothing is recorded then, it was killed.
LEASE = timedelta(seconds=30)
RETRY_AFTER_AT_MOST = timedelta(hours=24)
# A receiver that answers so wants nothing of us for a while; without Retry-After, at most so long.
TOO_MUCH = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
HELD_WITHOUT_RETRY_AFTER = timedelta(minutes=5)
FAILING_AT_MOST = timedelta(days=5)
GONE = 410
PRIORITY = -10  # after everything else that waits: receivers may be slow
BACKLOG_PRIORITY = -20  # after the deliveries to other endpoints
# So long after it was due, a delivery that no job is there for is taken up; so many at once.
ABANDONED_AFTER = timedelta(minutes=5)
TAKEN_UP_AT_ONCE = 10_000


def defer_sending(delivery_ids: Iterable[str], *, priority: int = PRIORITY) -> None:
    """Have a worker send these deliveries once the transaction is committed; in one statement."""
    jobs: list[JSONDict] = [{"delivery_id": delivery_id} for delivery_id in delivery_ids]
    defer(SEND, jobs, queue="webhooks", priority=priority)


@transaction.atomic
def take_up_abandoned() -> int:
    """Defer the deliveries that are due but have no job any more; return how many.

    A job may have been cancelled or deleted by hand. The index of each endpoint serves the query.
    """
    jobs = ProcrastinateJob.objects.filter(task_name=SEND, status__in=["todo", "doing"])
    abandoned = WebhookDelivery.objects.filter(
        ~Exists(jobs.annotate(delivery=KT("args__delivery_id")).filter(delivery=OuterRef("pk"))),
        endpoint__in=WebhookEndpoint.objects.values("pk"),
        status=WebhookDelivery.Status.PENDING,
        next_attempt_at__lt=Now() - ABANDONED_AFTER,
    )
    found = list(abandoned.values_list("pk", flat=True)[:TAKEN_UP_AT_ONCE])
    defer_sending(found, priority=BACKLOG_PRIORITY)
    return len(found)


def attempt(delivery_id: str) -> datetime | None:
    """Send a delivery that is due, and record the result; return when to try again, or None.

    Of several jobs for it, one at a time sends it. If the process is killed between the answer and
    the record, it is sent once more, under the same ``webhook-id``.
    """
    pending = WebhookDelivery.objects.filter(pk=delivery_id, status=WebhookDelivery.Status.PENDING)
    due = pending.filter(next_attempt_at__lte=Now())  # by the clock that jobs are taken up by
    is_claimed = due.update(next_attempt_at=Now() + LEASE)
    delivery = pending.select_related("endpoint", "event").first()
    if delivery is None:
        return None
    if not is_claimed:
        return delivery.next_attempt_at
    if not delivery.endpoint.is_enabled:
        _give_up(delivery)
        return None
    if delivery.endpoint.is_held(timezone.now()):
        return _hold_back(delivery)
    body = body_of(delivery.event)
    started = perf_counter()
    answer = post(delivery.endpoint.url, body, signed_headers(delivery, body))
    duration = perf_counter() - started
    recorded = _record(delivery, answer)
    if recorded is None:
        return None
    _log(recorded, delivery.event, duration)
    return recorded.next_attempt_at


def body_of(event: Event) -> bytes:
    """Return the body that is sent for an event: ids and counts, no name and no address.

    The resources of a removal, and the keys of the tasks that it opened, are not in its event: they
    never change, and are read from its record. So are the keys of those that a restoration
    cancelled.
    """
    recorded: dict[str, object] = {}
    removal_id = event.data.get("removal_id")
    tasks = OffboardingTask.objects.filter(removal=removal_id).order_by("pk")
    if event.type == Event.Type.MEMBER_RESTORED:
        cancelled = tasks.filter(state=OffboardingTask.State.CANCELLED)
        recorded["cancelled_task_keys"] = list(cancelled.values_list("key", flat=True))
    if event.type == Event.Type.MEMBER_REMOVED:
        owned = RemovedResources.objects.filter(removal=removal_id)
        recorded["resources"] = [
            resource_data(each.type, each.count, each.target) for each in owned.order_by("type")
        ]
        recorded["task_keys"] = list(tasks.values_list("key", flat=True))
    return json.dumps(
        {
            "type": event.type,
            "timestamp": in_whole_seconds(event.created_at),
            "data": {
                "removal_id": None,
                **event.data,
                **recorded,
                "organization_id": event.organization_id,
                "user_id": event.user_id,
                "actor_id": event.actor_id,
                "connection_id": event.connection_id,
                "source": event.source,
                "trace_id": event.trace_id,
            },
        },
        separators=(",", ":"),
    ).encode()


def _log(delivery: WebhookDelivery, event: Event, duration: float) -> None:
    """Log an attempt in one line, with ids, and no address: a URL may hold a secret."""
    logger.info(
        "webhook_delivery",
        delivery_id=delivery.pk,
        endpoint_id=delivery.endpoint_id,
        organization_id=event.organization_id,
        event_id=event.pk,
        trace_id=event.trace_id,
        attempt=delivery.attempts,
        delivery_status=delivery.status,
        status=delivery.last_status_code,
        error=delivery.last_error,
        duration_ms=round(duration * 1000, 1),
    )


@transaction.atomic
def _record(delivery: WebhookDelivery, answer: Answer) -> WebhookDelivery | None:
    """Record an attempt on the delivery and its endpoint; return it, or None if it is gone.

    A failure is not recorded where another attempt, such as of a redelivery, was faster and ended
    the delivery.
    """
    now = timezone.now()
    # Read again: both may have been changed, disabled or deleted in the meantime.
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=delivery.endpoint_id).first()
    locked = WebhookDelivery.objects.select_for_update().filter(pk=delivery.pk).first()
    if endpoint is None or locked is None:
        return None
    if not answer.is_success and locked.status != WebhookDelivery.Status.PENDING:
        return None
    delivery = locked
    delivery.attempts += 1
    delivery.last_status_code = answer.status_code
    delivery.last_error = answer.error
    delivery.next_attempt_at = None
    if answer.is_success:
        delivery.status = WebhookDelivery.Status.DELIVERED
        delivery.delivered_at = now
        endpoint.last_success_at = now
        endpoint.failing_since = None
    else:
        endpoint.failing_since = endpoint.failing_since or now
        _disable_if_hopeless(endpoint, answer, now)
        if endpoint.is_enabled:
            delivery.next_attempt_at = next_attempt(delivery.attempts, answer, now)
            if answer.status_code in TOO_MUCH:
                endpoint.held_until = _held_until(endpoint, delivery, answer, now)
        if delivery.next_attempt_at is None:
            delivery.status = WebhookDelivery.Status.FAILED
    endpoint.save(
        update_fields=[
            *("last_success_at", "failing_since", "held_until", "disabled_at", "disabled_reason")
        ]
    )
    delivery.save(
        update_fields=[
            *("status", "attempts", "next_attempt_at", "last_status_code", "last_error"),
            "delivered_at",
        ]
    )
    return delivery


def next_attempt(attempts: int, answer: Answer, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts, or None after the last.

    It is not before the receiver's ``Retry-After``, which counts up to 24 hours.
    """
    if attempts > len(WAITS):
        return None
    wait = WAITS[attempts - 1] * SystemRandom().uniform(1 - JITTER, 1 + JITTER)
    return now + max(wait, _retry_after(answer.retry_after, now))


def _retry_after(header: str, now: datetime) -> timedelta:
    """Return the pause in a ``Retry-After``, in seconds or as a date, up to 24 hours."""
    if header.isascii() and header.isdigit():
        pause = timedelta(seconds=min(int(header[:9]), 10**9))
    else:
        date = parse_http_date_safe(header)
        pause = timedelta(seconds=date - now.timestamp()) if date else timedelta(0)
    return min(pause, RETRY_AFTER_AT_MOST)


def _held_until(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer, now: datetime
) -> datetime:
    """Return until when nothing is sent to an endpoint whose receiver answered 429 or 503.

    It is the time in ``Retry-After``, or else the wait of this delivery, up to five minutes.
    """
    longest = now + HELD_WITHOUT_RETRY_AFTER
    pause = _retry_after(answer.retry_after, now)
    until = (
        now + pause if pause > timedelta(0) else min(delivery.next_attempt_at or longest, longest)
    )
    return max(until, endpoint.held_until or until)


def _hold_back(delivery: WebhookDelivery) -> datetime:
    """Postpone a delivery until its endpoint is sent to again; this is no attempt.

    The postponed deliveries start one after another, so that the receiver is not flooded.
    """
    now = timezone.now()
    until = delivery.endpoint.held_until or now
    until += (until - now) * SystemRandom().uniform(0, JITTER)
    WebhookDelivery.objects.filter(pk=delivery.pk, status=WebhookDelivery.Status.PENDING).update(
        next_attempt_at=until
    )
    return until


def _disable_if_hopeless(endpoint: WebhookEndpoint, answer: Answer, now: datetime) -> None:
    """Disable an endpoint that says it is gone, or has failed for five days."""
    if not endpoint.is_enabled:
        return
    if answer.status_code == GONE:
        endpoint.disable(WebhookEndpoint.DisabledReason.GONE, now)
    elif endpoint.failing_since and endpoint.failing_since <= now - FAILING_AT_MOST:
        endpoint.disable(WebhookEndpoint.DisabledReason.FAILING, now)


def _give_up(delivery: WebhookDelivery) -> None:
    """Record that a delivery is not sent, since its endpoint is disabled; it can be redelivered."""
    WebhookDelivery.objects.filter(pk=delivery.pk, status=WebhookDelivery.Status.PENDING).update(
        status=WebhookDelivery.Status.FAILED, next_attempt_at=None
    )
