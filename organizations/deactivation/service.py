"""Deactivates and reactivates one member or many, for every caller."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from config.errors import ContractError
from config.retries import retried
from config.timestamps import in_whole_seconds
from organizations.exceptions import (
    LastOwnerCannotBeDeactivatedError,
    LastOwnerCannotBeRemovedError,
    UserAlreadyDeactivatedError,
    UserNotDeactivatedError,
)
from organizations.guards.acts import DEACTIVATE
from organizations.guards.caller import Caller
from organizations.guards.judge import Rules, current_members, judge
from organizations.guards.transfer_targets import Targets, TransferTo, heirs_of, targets_by_user
from organizations.locks import lock_members
from organizations.models import Event, Membership
from organizations.transfer.resources import event_data, group_by_user, pass_on


@dataclass(frozen=True, slots=True)
class DeactivationOutcome:
    """How many resources of one user passed on, or why the user's state did not change."""

    user_id: str
    resource_count: int = 0
    refusal: ContractError | None = None
    deactivated_at: datetime | None = None


@retried
def deactivate_members(
    organization_id: str,
    user_ids: Collection[str],
    *,
    transfer_to: TransferTo,
    caller: Caller,
    locked: Mapping[str, int] | None = None,
) -> list[DeactivationOutcome]:
    """Deactivate members of an organization; return one outcome per user, in the order given.

    Members keep their roles and departments, without effect. Their resources pass to
    ``transfer_to``, the id of a department or of an heir, or targets by type, for all or by user
    id; without a target they stay. A refused user does not stop the others. Accounts stay enabled.
    ``locked`` are the membership ids, by user id, if the caller's transaction holds all the locks
    that this function takes. Raises the ContractError of a caller who may deactivate nobody; if it
    raises, nothing has changed.
    """
    user_ids = list(dict.fromkeys(user_ids))
    targets = targets_by_user(transfer_to, user_ids)
    with transaction.atomic():
        if locked is None:
            locked = lock_members(organization_id, [*user_ids, *heirs_of(targets)], caller=caller)
        now = timezone.now()  # read behind the locks, so that events are in the order of changes
        members = {user_id: locked[user_id] for user_id in user_ids if user_id in locked}
        refusals = _find_refusals(
            organization_id, user_ids, members, targets, caller, locked=locked
        )
        deactivated = {u: members[u] for u in user_ids if u not in refusals}
        passed = group_by_user(
            pass_on(organization_id, {u: targets[u] for u in deactivated if u in targets})
        )
        Membership.objects.filter(pk__in=deactivated.values()).update(deactivated_at=now)
        Event.objects.bulk_record(
            caller.event(
                Event.Type.MEMBER_DEACTIVATED,
                organization_id,
                user_id=user_id,
                data=event_data(targets.get(user_id, Targets()).default, passed[user_id]),
                created_at=now,
            )
            for user_id in deactivated
        )
    return [
        DeactivationOutcome(
            user_id, sum(each.count for each in passed[user_id]), deactivated_at=now
        )
        if user_id in deactivated
        else DeactivationOutcome(user_id, refusal=refusals[user_id])
        for user_id in user_ids
    ]


def preview_deactivation(
    organization_id: str, user_ids: Collection[str], *, caller: Caller
) -> dict[str, ContractError]:
    """Return the refusals of `deactivate_members`, by user id; it does not check the target."""
    members = current_members(organization_id, user_ids)
    return _find_refusals(organization_id, user_ids, members, {}, caller, locked=None)


@retried
def reactivate_members(
    organization_id: str,
    user_ids: Collection[str],
    *,
    caller: Caller,
    locked: Mapping[str, int] | None = None,
) -> list[DeactivationOutcome]:
    """Reactivate members of an organization; return one outcome per user, in the order given.

    Their roles and departments have effect again; resources that passed on do not come back. A
    refused user does not stop the others. ``locked`` is as in `deactivate_members`. Raises the
    ContractError of a caller who may reactivate nobody; if it raises, nothing has changed.
    """
    user_ids = list(dict.fromkeys(user_ids))
    with transaction.atomic():
        if locked is None:
            locked = lock_members(organization_id, user_ids, caller=caller)
        refusals = _already_active(organization_id, locked.values()) | judge(
            organization_id,
            user_ids,
            caller=caller,
            act=DEACTIVATE,
            rules=Rules.AUTHORITY,
            members=locked,
        )
        returning = {u: locked[u] for u in user_ids if u not in refusals}
        Membership.objects.filter(pk__in=returning.values()).update(deactivated_at=None)
        Event.objects.bulk_record(
            caller.event(Event.Type.MEMBER_REACTIVATED, organization_id, user_id=user_id)
            for user_id in returning
        )
    return [DeactivationOutcome(user_id, refusal=refusals.get(user_id)) for user_id in user_ids]


def _find_refusals(
    organization_id: str,
    user_ids: Collection[str],
    members: Mapping[str, int],
    targets: Mapping[str, Targets],
    caller: Caller,
    *,
    locked: Collection[str] | None,
) -> dict[str, ContractError]:
    """Return the refusals, by user id, in the order of the contract's checks.

    The caller's authority comes first, then whether a member is deactivated already.
    """
    check = partial(judge, organization_id, caller=caller, act=DEACTIVATE, members=members)
    refusals = _already_deactivated(members.values()) | check(user_ids, rules=Rules.AUTHORITY)
    further = check(
        [user_id for user_id in user_ids if user_id not in refusals],
        rules=Rules.OWNER_REMAINS | Rules.TARGETS,
        targets=targets,
        leaving=user_ids,
        locked=locked,
    )
    for user_id, refusal in further.items():
        if isinstance(refusal, LastOwnerCannotBeRemovedError):
            refusal = LastOwnerCannotBeDeactivatedError(refusal.details)
        refusals[user_id] = refusal
    return refusals


def _already_deactivated(membership_ids: Collection[int]) -> dict[str, ContractError]:
    """Return the refusal of each of these members who is deactivated, by user id, with the time."""
    rows = Membership.objects.deactivated().filter(pk__in=membership_ids)
    return {
        user_id: UserAlreadyDeactivatedError(
            {"user_id": user_id, "deactivated_at": in_whole_seconds(deactivated_at)}
        )
        for user_id, deactivated_at in rows.values_list("user", "deactivated_at")
        if deactivated_at
    }


def _already_active(
    organization_id: str, membership_ids: Collection[int]
) -> dict[str, ContractError]:
    """Return the refusal of each of these members who is active, by user id.

    The details have the time of the last reactivation, if there was one in this tenure.
    """
    active = Membership.objects.active().filter(pk__in=membership_ids)
    members = dict(active.values_list("user", "pk"))
    if not members:
        return {}
    reactivations = Event.objects.filter(
        type=Event.Type.MEMBER_REACTIVATED,
        organization=organization_id,
        user__memberships__in=members.values(),
        created_at__gte=F("user__memberships__created_at"),
    )
    times = dict(reactivations.values_list("user").annotate(Max("created_at")))
    return {
        user_id: UserNotDeactivatedError(
            {"user_id": user_id}
            | ({"reactivated_at": in_whole_seconds(times[user_id])} if user_id in times else {})
        )
        for user_id in members
    }
