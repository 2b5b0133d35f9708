"""Deletes an organization's old events, and tells the readers of its log."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from config.retries import retried
from organizations.audit_log.positions import give_positions
from organizations.models import Event, EventOrder, Membership
from organizations.retention.permission import permit_deletion

DELETE_EVENTS = Path(__file__).with_name("events.sql").read_text(encoding="utf-8")
AT_A_TIME = 1000

# The last position without an event is kept until there is a later one.
_DELETE_POSITIONS = """
    DELETE FROM organizations_eventposition AS place
    WHERE organization_id = %(organization_id)s
        AND (event_id = ANY (%(event_ids)s) OR position = %(former)s)
        AND position < %(last)s
        AND NOT EXISTS (SELECT FROM organizations_event WHERE id = place.event_id)
"""


def delete_old_events(organization_id: str, *, kept_from: datetime) -> int:
    """Delete the events before this moment that are about no member; return how many.

    Each transaction looks at a thousand. The old events of members stay and are read each time, so
    its work grows with those, too.
    """
    return sum(
        _delete(organization_id, event_ids, kept_from)
        for event_ids in _pages(organization_id, kept_from)
    )


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


@retried  # the database refuses to delete the events of somebody who came back meanwhile
@transaction.atomic
def _delete(organization_id: str, event_ids: list[str], kept_from: datetime) -> int:
    """Delete the events that nothing still needs, and their positions; return how many.

    The log is locked first, as it is to give positions, so that somebody who reads it meanwhile is
    told. The readers of a followed log may not have reached its end, so all its events get their
    positions before any is deleted.
    """
    log, _ = EventOrder.objects.select_for_update().get_or_create(pk=organization_id)
    is_followed = log.settled != ""  # which the first look into a log changes
    while is_followed and give_positions(organization_id).may_be_later:
        pass
    with connection.cursor() as cursor:
        permit_deletion(cursor, kept_from)
        cursor.execute(
            DELETE_EVENTS,
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
