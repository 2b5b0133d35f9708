"""Deactivates and reactivates one member or many, for every caller."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from config.errors import ContractError
from config.retries import retried
from organizations.deactivation.states import find_active, find_deactivated
from organizations.exceptions import (
    LastOwnerCannotBeDeactivatedError,
    LastOwnerCannotBeRemovedError,
)
from organizations.guards.acts import DEACTIVATE
from organizations.guards.caller import Caller
from organizations.guards.judge import Rules, current_members, judge
from organizations.guards.targets import Targets, TransferTo, heirs_of, targets_by_user
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

    Their roles and departments stay theirs, without effect. Their resources there pass to
    ``transfer_to``, the id of a department or of an heir, or targets by type, either for all or by
    user id; without a target they stay theirs. A user who cannot be deactivated is refused, and the
    others are still deactivated. It does not disable accounts. ``locked`` are the membership ids,
    by user id, where the transaction around this has locked all that this would lock. Raises the
    ContractError of a caller who may deactivate nobody; if it raises, nothing has changed.
    """
    user_ids = list(dict.fromkeys(user_ids))
    targets = targets_by_user(transfer_to, user_ids)
    with transaction.atomic():
        if locked is None:
            locked = lock_members(organization_id, [*user_ids, *heirs_of(targets)], caller=caller)
        now = timezone.now()  # after whatever these locks waited for
        members = {user_id: locked[user_id] for user_id in user_ids if user_id in locked}
        refusals = _find_refusals(organization_id, user_ids, members, targets, caller, held=locked)
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
    return _find_refusals(organization_id, user_ids, members, {}, caller, held=None)


@retried
def reactivate_members(
    organization_id: str,
    user_ids: Collection[str],
    *,
    caller: Caller,
    locked: Mapping[str, int] | None = None,
) -> list[DeactivationOutcome]:
    """Reactivate members of an organization; return one outcome per user, in the order given.

    Their roles and departments have effect again. A user who cannot be reactivated is refused, and
    the others are still reactivated. It does not return resources that passed on. ``locked`` is as
    in `deactivate_members`. Raises the ContractError of a caller who may reactivate nobody; if it
    raises, nothing has changed.
    """
    user_ids = list(dict.fromkeys(user_ids))
    with transaction.atomic():
        if locked is None:
            locked = lock_members(organization_id, user_ids, caller=caller)
        refusals = find_active(organization_id, locked.values()) | judge(
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
    held: Collection[str] | None,
) -> dict[str, ContractError]:
    """Return the refusals, by user id: the rules of a removal in their order.

    After the caller's authority it checks that nobody is deactivated twice.
    """
    refusals = judge(
        organization_id,
        user_ids,
        caller=caller,
        act=DEACTIVATE,
        rules=Rules.AUTHORITY,
        members=members,
    )
    refusals = find_deactivated(members.values()) | refusals
    remaining = [user_id for user_id in user_ids if user_id not in refusals]
    return refusals | {
        user_id: LastOwnerCannotBeDeactivatedError(refusal.details)
        if isinstance(refusal, LastOwnerCannotBeRemovedError)
        else refusal
        for user_id, refusal in judge(
            organization_id,
            remaining,
            caller=caller,
            act=DEACTIVATE,
            rules=Rules.OWNER_REMAINS | Rules.TARGETS,
            targets=targets,
            members=members,
            leaving=user_ids,
            locked=held,
        ).items()
    }
