"""Schedules removals, and cancels them: for one and for many, for every surface."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from config.errors import ContractError
from config.timestamps import in_whole_seconds
from organizations.capabilities import Capability
from organizations.exceptions import (
    LastOwnerCannotBeRemovedError,
    RemovalAlreadyScheduledError,
    ScheduledRemovalNotFoundError,
)
from organizations.locks import lock_members
from organizations.models import Event, Membership, ScheduledRemoval, Source
from organizations.removal.absence import explain_absence
from organizations.removal.guards import find_refusals
from organizations.retries import retried
from organizations.transfer.targets import department_of, heir_of, targets_by_user
from users.models import User


@dataclass(frozen=True, slots=True)
class ScheduleOutcome:
    """The schedule of one user, or why there is none."""

    user_id: str
    schedule: ScheduledRemoval | None = None
    refusal: ContractError | None = None


@retried
def schedule_removals(
    organization_id: str,
    user_ids: Collection[str],
    *,
    remove_at: datetime,
    transfer_to: str | Mapping[str, str] | None,
    actor: User | None,
    source: Source,
    authority: frozenset[Capability],
    reason: str = "",
    trace_id: str = "",
) -> list[ScheduleOutcome]:
    """Schedule the removal of users; return what became of each, once, in the order given.

    All of it or, when this raises, nothing. Whoever could not be removed now is refused alone, but
    for a last owner: there may be another one by then. One removal of a membership can be pending.
    """
    asked = dict.fromkeys(user_ids)
    targets = targets_by_user(transfer_to, asked)
    with transaction.atomic():
        locked = lock_members(organization_id, [*asked, *targets.values()])
        members = {user_id: locked[user_id] for user_id in asked if user_id in locked}
        refusals = _find_refusals(organization_id, asked, members, targets, authority)
        schedules = ScheduledRemoval.objects.bulk_create(
            ScheduledRemoval(
                organization_id=organization_id,
                membership_id=members[user_id],
                remove_at=remove_at,
                requested_by=actor,
                source=source,
                transferred_to_id=department_of(targets.get(user_id)),
                transferred_to_user_id=heir_of(targets.get(user_id)),
                reason=reason,
                trace_id=trace_id,
            )
            for user_id in asked
            if user_id not in refusals
        )
        made = dict(zip((u for u in asked if u not in refusals), schedules, strict=True))
        Event.objects.bulk_record(
            Event(
                type=Event.Type.REMOVAL_SCHEDULED,
                organization_id=organization_id,
                user_id=user_id,
                actor=actor,
                source=source,
                data=event_data(schedule),
                trace_id=trace_id,
            )
            for user_id, schedule in made.items()
        )
    return [ScheduleOutcome(u, made.get(u), refusals.get(u)) for u in asked]


def preview_schedules(
    organization_id: str,
    user_ids: Collection[str],
    *,
    transfer_to: str | Mapping[str, str] | None,
    authority: frozenset[Capability],
) -> list[ScheduleOutcome]:
    """Return whom `schedule_removals` would refuse, and whom not, without a schedule."""
    asked = dict.fromkeys(user_ids)
    targets = targets_by_user(transfer_to, asked)
    current = Membership.objects.current().of(organization_id, asked)
    members = dict(current.values_list("user_id", "pk"))
    refusals = _find_refusals(organization_id, asked, members, targets, authority)
    return [ScheduleOutcome(u, refusal=refusals.get(u)) for u in asked]


@retried
def cancel_scheduled_removal(
    organization_id: str,
    user_id: str,
    *,
    actor: User | None,
    source: Source,
    trace_id: str = "",
    schedule_id: str | None = None,
) -> None:
    """Cancel what is pending of a member, or this one if it is; it stays on record.

    Raises ScheduledRemovalNotFoundError, also where it is being carried out at this moment: one
    update decides, which waits for the removal's lock on the row.
    """
    not_found = ScheduledRemovalNotFoundError({"user_id": user_id})
    with transaction.atomic():
        schedule = find_pending(organization_id, user_id)
        if schedule is None or schedule_id not in (None, schedule.pk):
            raise not_found
        still_pending = ScheduledRemoval.objects.filter(
            pk=schedule.pk, status=ScheduledRemoval.Status.PENDING
        )
        if not still_pending.update(
            status=ScheduledRemoval.Status.CANCELLED, cancelled_by=actor, ended_at=timezone.now()
        ):
            raise not_found
        Event.objects.record(
            type=Event.Type.REMOVAL_CANCELLED,
            organization_id=organization_id,
            user_id=user_id,
            actor=actor,
            source=source,
            data=event_data(schedule),
            trace_id=trace_id,
        )


def find_pending(organization_id: str, user_id: str) -> ScheduledRemoval | None:
    """Return what is pending of a member, if anything is."""
    pending = ScheduledRemoval.objects.pending().select_related("membership")
    return pending.filter(organization=organization_id, membership__user=user_id).first()


def event_data(schedule: ScheduledRemoval) -> dict[str, object]:
    """Return what an event says of a schedule."""
    return {
        "scheduled_removal_id": schedule.pk,
        "remove_at": in_whole_seconds(schedule.remove_at),
    }


def _find_refusals(
    organization_id: str,
    asked: Collection[str],
    members: Mapping[str, int],
    targets: Mapping[str, str],
    authority: frozenset[Capability],
) -> dict[str, ContractError]:
    """Return why users get no schedule, by user id."""
    refusals = {
        user_id: refusal
        for user_id, refusal in find_refusals(
            organization_id, members, targets=targets, authority=authority, asked=asked
        ).items()
        if not isinstance(refusal, LastOwnerCannotBeRemovedError)
    }
    absent = [user_id for user_id in asked if user_id not in members]
    for user_id, absence in explain_absence(organization_id, absent, authority).items():
        refusals[user_id] = absence.refusal
    pending = ScheduledRemoval.objects.pending().filter(membership__in=members.values())
    for schedule in pending.select_related("membership"):
        user_id = schedule.membership.user_id
        refusals.setdefault(
            user_id,
            RemovalAlreadyScheduledError({"user_id": user_id, **event_data(schedule)}),
        )
    return refusals
