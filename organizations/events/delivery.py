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
from organizations.guards.transfer_targets import resource_data
from organizations.models import (
    Event,
    OffboardingTask,
    RemovedResources,
    WebhookDelivery,
    WebhookEndpoint,
)

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()

SEND = "organizations.events.tasks.send"

# The wait after each failed attempt; after the last there is no other.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
JITTER = 0.1  # of the wait, so that deliveries that failed together are not retried together
# How long an attempt may take; if nothing is recorded by then, its worker was killed.
LEASE = timedelta(seconds=30)
RETRY_AFTER_AT_MOST = timedelta(hours=24)
# These statuses hold back the whole endpoint; without Retry-After, for at most five minutes.
TOO_MUCH = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
HELD_WITHOUT_RETRY_AFTER = timedelta(minutes=5)
FAILING_AT_MOST = timedelta(days=5)
GONE = 410
PRIORITY = -10  # after everything else that waits: receivers may be slow
BACKLOG_PRIORITY = -20  # after the deliveries to other endpoints
# When and how many overdue deliveries without a job are deferred again.
ABANDONED_AFTER = timedelta(minutes=5)
TAKEN_UP_AT_ONCE = 10_000


def defer_sending(delivery_ids: Iterable[str], *, priority: int = PRIORITY) -> None:
    """Have a worker send these deliveries after the commit; in one statement."""
    jobs: list[JSONDict] = [{"delivery_id": delivery_id} for delivery_id in delivery_ids]
    defer(SEND, jobs, queue="webhooks", priority=priority)


@transaction.atomic
def take_up_abandoned() -> int:
    """Defer the overdue deliveries that have no job; return how many.

    Somebody may have cancelled or deleted a job by hand. The query reads an index per endpoint.
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

    Only one of several jobs sends it at a time. If the process is killed before it records the
    answer, the delivery is sent again, under the same ``webhook-id``.
    """
    pending = WebhookDelivery.objects.filter(pk=delivery_id, status=WebhookDelivery.Status.PENDING)
    due = pending.filter(next_attempt_at__lte=Now())  # the database's clock, as for jobs
    is_claimed = due.update(next_attempt_at=Now() + LEASE)
    delivery = pending.select_related("endpoint", "event").first()
    if delivery is None:
        return None
    if not is_claimed:
        return delivery.next_attempt_at
    if not delivery.endpoint.is_enabled:  # it can be redelivered
        pending.update(status=WebhookDelivery.Status.FAILED, next_attempt_at=None)
        return None
    now = timezone.now()
    if (held_until := delivery.endpoint.held_until) and delivery.endpoint.is_held(now):
        # This is no attempt. Jitter spreads the deliveries, so that they do not flood the receiver.
        next_attempt_at = held_until + (held_until - now) * SystemRandom().uniform(0, JITTER)
        pending.update(next_attempt_at=next_attempt_at)
        return next_attempt_at
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

    The resources of a removal, the keys of the tasks that it opened, and of those that a
    restoration cancelled, are read from the record: they never change.
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
    """Log an attempt, without the URL, which may hold a secret."""
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
def _record(sent: WebhookDelivery, answer: Answer) -> WebhookDelivery | None:
    """Record an attempt on the delivery and its endpoint; return the delivery, or None.

    Both are read again, since they may have changed meanwhile. Records nothing if one is deleted,
    or for a failure if another attempt, such as a redelivery's, has ended the delivery. If the
    endpoint has another URL by now, a failure is not the endpoint's.
    """
    now = timezone.now()
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=sent.endpoint_id).first()
    delivery = WebhookDelivery.objects.select_for_update().filter(pk=sent.pk).first()
    if endpoint is None or delivery is None:
        return None
    if not answer.is_success and delivery.status != WebhookDelivery.Status.PENDING:
        return None
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
        is_of_endpoint = endpoint.url == sent.endpoint.url
        if is_of_endpoint:
            endpoint.failing_since = endpoint.failing_since or now
            _disable_if_hopeless(endpoint, answer, now)
        if endpoint.is_enabled:
            delivery.next_attempt_at = next_attempt(delivery.attempts, answer, now)
            if is_of_endpoint and answer.status_code in TOO_MUCH:
                endpoint.held_until = _held_until(endpoint, delivery, answer, now)
        if delivery.next_attempt_at is None:
            delivery.status = WebhookDelivery.Status.FAILED
    endpoint.save()
    delivery.save()
    return delivery


def next_attempt(attempts: int, answer: Answer, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts, or None after the last.

    That is not before the receiver's ``Retry-After``, up to 24 hours.
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

    That is the time in ``Retry-After``, or else this delivery's wait, up to five minutes.
    """
    until = now + _retry_after(answer.retry_after, now)
    if until <= now:
        longest = now + HELD_WITHOUT_RETRY_AFTER
        until = min(delivery.next_attempt_at or longest, longest)
    return max(until, endpoint.held_until or until)


def _disable_if_hopeless(endpoint: WebhookEndpoint, answer: Answer, now: datetime) -> None:
    """Disable an endpoint that answered 410, or has failed for five days."""
    if not endpoint.is_enabled:
        return
    if answer.status_code == GONE:
        endpoint.disable(WebhookEndpoint.DisabledReason.GONE, now)
    elif endpoint.failing_since and endpoint.failing_since <= now - FAILING_AT_MOST:
        endpoint.disable(WebhookEndpoint.DisabledReason.FAILING, now)
