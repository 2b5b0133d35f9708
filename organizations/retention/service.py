"""Deletes old events and closed tasks, and tells the readers of a log what they missed."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, Max, OuterRef, Q
from procrastinate.contrib.django import app

from config.retries import retried
from organizations.audit_log.positions import give_positions
from organizations.models import Connection, Event, EventOrder, Membership, Organization

AT_A_TIME = 1000

_DELETE_EVENTS = Path(__file__).with_name("events.sql").read_text(encoding="utf-8")

# The last position without an event is kept until there is a later one.
_DELETE_POSITIONS = """
    DELETE FROM organizations_eventposition AS place
    WHERE organization_id = %(organization_id)s
        AND (event_id = ANY (%(event_ids)s) OR position = %(former)s)
        AND position < %(last)s
        AND NOT EXISTS (SELECT FROM organizations_event WHERE id = place.event_id)
"""

_DELETE_TASKS = """
    DELETE FROM organizations_offboardingtask
    WHERE id IN (
        SELECT id
        FROM organizations_offboardingtask
        WHERE closed_at < %(kept_from)s
        ORDER BY closed_at
        LIMIT %(at_a_time)s
    )
        AND closed_at < %(kept_from)s  -- again: a task may be reopened while this waits for it
"""


@app.periodic(cron="41 3 * * *")
@app.task(queue="upkeep", lock="retention", name="organizations.retention.tasks.delete_old")
def delete_old(timestamp: int = 0) -> None:
    """Delete old events and closed tasks once a day; nothing if RETENTION_DAYS is not set."""
    if (kept_from := find_kept_from()) is None:
        return
    for organization_id in Organization.objects.order_by("pk").values_list("pk", flat=True):
        delete_old_events(organization_id, kept_from=kept_from)
    delete_closed_tasks(kept_from=kept_from)


def find_kept_from() -> datetime | None:
    """Return from when on events and closed tasks are kept, None for all of them.

    Everything is kept for as long as the restore window, and as the longest time after which a
    directory removes the members that it deactivated. It counts back from the time of the database:
    a worker whose clock is wrong would lose records.
    """
    if settings.RETENTION_DAYS is None:
        return None
    longest = Connection.objects.aggregate(days=Max("remove_after_days"))["days"] or 0
    days = max(settings.RETENTION_DAYS, settings.RESTORE_WINDOW_DAYS, longest)
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() - make_interval(days => %s)", [days])
        kept_from: datetime = cursor.fetchone()[0]
    return kept_from


def delete_old_events(organization_id: str, *, kept_from: datetime) -> int:
    """Delete the events before this moment that are about no member; return how many.

    Each transaction looks at a thousand. It reads the old events of members each time, although
    they stay.
    """
    return sum(
        _delete_events(organization_id, event_ids, kept_from)
        for event_ids in _pages(organization_id, kept_from)
    )


def delete_closed_tasks(*, kept_from: datetime) -> int:
    """Delete the tasks that were closed before this moment, a thousand to a transaction.

    Returns how many there were.
    """
    total = 0
    while count := _delete_tasks(kept_from):
        total += count
    return total


def permit_deletion(cursor: CursorWrapper, kept_from: datetime) -> None:
    """Let this transaction delete rows from before this moment, which the triggers refuse else."""
    cursor.execute("SELECT set_config('offboard.kept_from', %s, true)", [kept_from.isoformat()])


def _pages(organization_id: str, kept_from: datetime) -> Iterator[list[str]]:
    """Yield the ids of events before this moment that are about no member, the earliest first."""
    rest = Q()
    member = Membership.objects.current().filter(
        organization=OuterRef("organization"), user=OuterRef("user")
    )
    events = Event.objects.filter(organization=organization_id, created_at__lt=kept_from)
    old = events.order_by("created_at", "pk").annotate(stays=Exists(member))
    while page := list(old.filter(rest).values_list("created_at", "pk", "stays")[:AT_A_TIME]):
        if event_ids := [pk for _, pk, stays in page if not stays]:
            yield event_ids
        at, last, _ = page[-1]
        rest = Q(created_at__gt=at) | Q(created_at=at, pk__gt=last)


@retried  # the database refuses to delete the events of a user who became a member meanwhile
@transaction.atomic
def _delete_events(organization_id: str, event_ids: list[str], kept_from: datetime) -> int:
    """Delete the events that nothing needs any more, and their positions; return how many.

    Readers of the log give positions under the lock of its row, which is taken first, so that they
    learn of the deletion. In a followed log all events get positions before any is deleted: its
    readers may not have reached the end.
    """
    log, _ = EventOrder.objects.select_for_update().get_or_create(pk=organization_id)
    is_followed = log.settled != ""  # the first reader of a log sets it
    while is_followed and give_positions(organization_id).may_be_later:
        pass
    with connection.cursor() as cursor:
        permit_deletion(cursor, kept_from)
        cursor.execute(
            _DELETE_EVENTS,
            {"event_ids": event_ids, "kept_from": kept_from, "is_followed": is_followed},
        )
        count, last_position = cursor.fetchone()
        if last_position is not None:
            former, log.truncated_to = log.truncated_to, max(log.truncated_to, last_position)
            log.truncations += 1
            log.save(update_fields=["truncations", "truncated_to"])
            cursor.execute(
                _DELETE_POSITIONS,
                {
                    "organization_id": organization_id,
                    "event_ids": event_ids,
                    "former": former,
                    "last": log.truncated_to,
                },
            )
    return int(count)


@retried  # an erasure that empties several notes locks the tasks in another order
@transaction.atomic
def _delete_tasks(kept_from: datetime) -> int:
    with connection.cursor() as cursor:
        permit_deletion(cursor, kept_from)
        cursor.execute(_DELETE_TASKS, {"kept_from": kept_from, "at_a_time": AT_A_TIME})
        return int(cursor.rowcount)
