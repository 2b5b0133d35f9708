"""Removes the members whom a directory deactivated long enough ago."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import structlog
from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from config.retries import retried
from organizations.guards.caller import Directory
from organizations.locks import lock_members
from organizations.models import Connection, Event, Membership, Restoration
from organizations.models.connection import ConnectionQuerySet
from organizations.models.membership import MembershipQuerySet
from organizations.removal.service import remove_members
from organizations.schedule.due import do_each, limit_waiting
from organizations.scim.connections import targets_on_removal
from organizations.scim.staff import disable_staff_account

AT_A_TIME = 1000
A_DAY = 24 * 60 * 60

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


# No queueing lock: a killed worker's job could not be put back while the next minute's waits.
# Queued jobs have this name.
@app.periodic(cron="* * * * *")
@app.task(queue="schedule", lock="remove_leavers", name="organizations.scim.tasks.take_up_leavers")
def take_up_leavers(timestamp: int) -> None:
    """Have the worker remove, each minute, the leavers who are due."""
    remove_leavers()


def remove_leavers() -> None:
    """Remove each leaver who is due, in a transaction of its own."""
    for connection in _removing():
        do_each(partial(remove_leaver, connection.pk), _due_user_ids(connection))


@retried
@transaction.atomic
def remove_leaver(connection_id: str, user_id: str) -> None:
    """Remove one leaver, unless the directory is disabled or the leaver is no longer due."""
    connection = _removing().filter(pk=connection_id).first()
    if connection is None:
        return
    caller = Directory(
        connection=connection, reason=f"Deactivated for {connection.remove_after_days} days."
    )
    limit_waiting()
    accounts = [user_id] if connection.disable_staff else []
    lock_members(connection.organization_id, [user_id], caller=caller, accounts=accounts)
    if not _leavers_due(connection).filter(user=user_id).exists():
        return
    [outcome] = remove_members(
        connection.organization_id,
        [user_id],
        transfer_to=targets_on_removal(connection),
        caller=caller,
    )
    if connection.disable_staff and not outcome.refusal:
        disable_staff_account(user_id)
    if outcome.refusal and _is_news(connection, user_id, outcome.refusal.code):
        logger.error(
            "leaver_not_removed",
            organization_id=connection.organization_id,
            connection_id=connection.pk,
            user_id=user_id,
            code=outcome.refusal.code,
        )


def _is_news(connection: Connection, user_id: str, code: str) -> bool:
    """Tell whether this was not logged in the last 24 hours: a leaver is tried every minute."""
    return cache.add(f"leaver_not_removed_{connection.pk}_{user_id}_{code}", True, A_DAY)


def _removing() -> ConnectionQuerySet:
    """Return the enabled connections that remove members some days after a deactivation."""
    return Connection.objects.directories().enabled().exclude(remove_after_days=None)


def _leavers_due(connection: Connection) -> MembershipQuerySet:
    """Return the members whom this connection deactivated long enough ago.

    The audit log tells: the connection's event has the time of the deactivation, which changes if
    somebody reactivates and deactivates the member. A member restored as deactivated is not due.
    """
    deactivation = Event.objects.filter(
        organization=OuterRef("organization"),
        user=OuterRef("user"),
        type=Event.Type.MEMBER_DEACTIVATED,
        connection=connection,
        created_at=OuterRef("deactivated_at"),
    )
    restored_so = Restoration.objects.filter(
        membership=OuterRef("pk"), removal__membership__deactivated_at=OuterRef("deactivated_at")
    )
    # By the database's clock: a worker's may be wrong.
    long_ago = Now() - timedelta(days=connection.remove_after_days or 0)
    return (
        Membership.objects.deactivated()
        .filter(organization=connection.organization_id, deactivated_at__lte=long_ago)
        .filter(Exists(deactivation), ~Exists(restored_so))
    )


def _due_user_ids(connection: Connection) -> Iterator[str]:
    """Yield the leavers who are due, each once, read a thousand at a time."""
    last = ""
    due = _leavers_due(connection).order_by("user")
    while batch := list(due.filter(user__gt=last).values_list("user", flat=True)[:AT_A_TIME]):
        yield from batch
        last = batch[-1]
