"""Schedules and cancels removals, for every caller."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from config.errors import ContractError
from config.retries import retried
from config.timestamps import in_whole_seconds
from organizations.exceptions import (
    CannotScheduleYourselfError,
    RemovalAlreadyScheduledError,
    ScheduledRemovalNotFoundError,
)
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Caller
from organizations.guards.judge import Rules, current_members, judge
from organizations.guards.transfer_targets import (
    Targets,
    TransferTo,
    department_of,
    heir_of,
    heirs_of,
    targets_by_user,
)
from organizations.locks import lock_members
from organizations.models import Event, ScheduledRemoval, ScheduledTransfer


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
    remove_at: datetime | Mapping[str, datetime],
    transfer_to: TransferTo,
    caller: Caller,
) -> list[ScheduleOutcome]:
    """Schedule the removal of users; return one outcome per user, in the order given.

    ``remove_at`` is one time for all, or a time by user id. Refuses a user whom the caller could
    not remove now, who has a pending removal, or who is the caller; the others are still scheduled.
    A last owner is not refused, since there may be another owner by then. Raises the ContractError
    of a caller who may remove nobody; if it raises, nothing has changed.
    """
    user_ids = list(dict.fromkeys(user_ids))
    targets = targets_by_user(transfer_to, user_ids)
    with transaction.atomic():
        locked = lock_members(organization_id, [*user_ids, *heirs_of(targets)], caller=caller)
        members = {user_id: locked[user_id] for user_id in user_ids if user_id in locked}
        refusals = _find_refusals(
            organization_id, user_ids, members, targets, caller, locked=locked
        )
        schedules = {
            user_id: ScheduledRemoval(
                organization_id=organization_id,
                membership_id=members[user_id],
                remove_at=remove_at[user_id] if isinstance(remove_at, Mapping) else remove_at,
                requested_by=caller.actor,
                connection=caller.connection,
                source=caller.source,
                transferred_to_id=department_of(targets.get(user_id, Targets()).default),
                transferred_to_user_id=heir_of(targets.get(user_id, Targets()).default),
                reason=caller.reason,
                trace_id=caller.trace_id,
            )
            for user_id in user_ids
            if user_id not in refusals
        }
        ScheduledRemoval.objects.bulk_create(schedules.values())
        ScheduledTransfer.objects.bulk_create(
            ScheduledTransfer(
                schedule=schedule,
                organization_id=organization_id,
                type=type_name,
                transferred_to_id=department_of(target),
                transferred_to_user_id=heir_of(target),
            )
            for user_id, schedule in schedules.items()
            for type_name, target in targets.get(user_id, Targets()).by_type.items()
        )
        Event.objects.bulk_record(
            caller.event(
                Event.Type.REMOVAL_SCHEDULED,
                organization_id,
                user_id=user_id,
                data=event_data(schedule),
                reason="",  # the schedule has it
            )
            for user_id, schedule in schedules.items()
        )
    return [ScheduleOutcome(u, schedules.get(u), refusals.get(u)) for u in user_ids]


def preview_schedules(
    organization_id: str, user_ids: Collection[str], *, transfer_to: TransferTo, caller: Caller
) -> list[ScheduleOutcome]:
    """Return what `schedule_removals` would return, without making a schedule."""
    user_ids = list(dict.fromkeys(user_ids))
    targets = targets_by_user(transfer_to, user_ids)
    members = current_members(organization_id, user_ids)
    refusals = _find_refusals(organization_id, user_ids, members, targets, caller, locked=None)
    return [ScheduleOutcome(u, refusal=refusals.get(u)) for u in user_ids]


@retried
def cancel_scheduled_removal(
    organization_id: str, user_id: str, *, caller: Caller, schedule_id: str | None = None
) -> None:
    """Cancel a member's pending removal, or only the one with this id; it stays on record.

    Raises as `require_sight`, and ScheduledRemovalNotFoundError if none is pending any more.
    """
    not_found = ScheduledRemovalNotFoundError({"user_id": user_id})
    with transaction.atomic():
        locked = lock_members(organization_id, [user_id], caller=caller)
        require_sight(organization_id, user_id, caller=caller, members=locked)
        schedule = find_pending(organization_id, user_id)
        if schedule is None or schedule_id not in (None, schedule.pk):
            raise not_found
        still_pending = ScheduledRemoval.objects.filter(
            pk=schedule.pk, status=ScheduledRemoval.Status.PENDING
        )
        if not still_pending.update(
            status=ScheduledRemoval.Status.CANCELLED,
            cancelled_by=caller.actor,
            cancelled_by_connection=caller.connection,
            ended_at=timezone.now(),
        ):
            raise not_found
        Event.objects.record(
            caller.event(
                Event.Type.REMOVAL_CANCELLED,
                organization_id,
                user_id=user_id,
                data=event_data(schedule),
            )
        )


def require_sight(
    organization_id: str, user_id: str, *, caller: Caller, members: Mapping[str, int] | None = None
) -> None:
    """Raise the refusal of a caller who may not see a removal of this user that is scheduled.

    Only a caller who may remove the user sees it, and nobody sees their own. Raises
    ScheduledRemovalNotFoundError for a user who is no member. ``members`` are the membership ids,
    by user id, that are locked; without it they are looked up.
    """
    caller.authority(organization_id, REMOVE)
    if caller.is_about_self(user_id):
        raise CannotScheduleYourselfError({"user_id": user_id})
    if members is None:
        members = current_members(organization_id, [user_id])
    if user_id not in members:
        raise ScheduledRemovalNotFoundError({"user_id": user_id})
    refusals = judge(
        organization_id,
        [user_id],
        caller=caller,
        act=REMOVE,
        rules=Rules.AUTHORITY,
        members=members,
    )
    for refusal in refusals.values():
        raise refusal


def find_pending(organization_id: str, user_id: str) -> ScheduledRemoval | None:
    """Return the pending removal of a member, or None."""
    pending = ScheduledRemoval.objects.pending().select_related("membership")
    return pending.filter(organization=organization_id, membership__user=user_id).first()


def targets_of(schedule: ScheduledRemoval) -> Targets:
    """Return the targets of the resources when the schedule is carried out."""
    return Targets(
        schedule.transferred_to_id or schedule.transferred_to_user_id,
        {each.type: each.target for each in schedule.transfers_by_type.all()},
    )


def event_data(schedule: ScheduledRemoval) -> dict[str, object]:
    """Return the data of an event about a schedule."""
    return {"scheduled_removal_id": schedule.pk, "remove_at": in_whole_seconds(schedule.remove_at)}


def _find_refusals(
    organization_id: str,
    user_ids: Collection[str],
    members: Mapping[str, int],
    targets: Mapping[str, Targets],
    caller: Caller,
    *,
    locked: Collection[str] | None,
) -> dict[str, ContractError]:
    refusals = judge(
        organization_id,
        user_ids,
        caller=caller,
        act=REMOVE,
        rules=Rules.AUTHORITY | Rules.TARGETS,
        targets=targets,
        members=members,
        locked=locked,
    )
    for user_id in filter(caller.is_about_self, user_ids):
        refusals[user_id] = CannotScheduleYourselfError({"user_id": user_id})
    pending = ScheduledRemoval.objects.pending().filter(membership__in=members.values())
    for schedule in pending.select_related("membership"):
        user_id = schedule.membership.user_id
        details = {"user_id": user_id, **event_data(schedule)}
        refusals.setdefault(user_id, RemovalAlreadyScheduledError(details))
    return refusals
