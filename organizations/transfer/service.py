"""Passes on what deactivated and former members own, and resources that staff select."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from config.errors import ContractError
from config.retries import retried
from organizations.exceptions import UserIsActiveError
from organizations.guards.acts import CHANGE_RESOURCES, TRANSFER
from organizations.guards.caller import Caller
from organizations.guards.judge import (
    Rules,
    current_members,
    find_not_members,
    judge,
    require_targets,
)
from organizations.guards.transfer_targets import (
    Targets,
    TransferTo,
    department_of,
    heir_of,
    heirs_of,
    targets_by_user,
)
from organizations.locks import keep_absent, lock_members
from organizations.models import Membership, Resource
from organizations.transfer.resources import (
    PassedResources,
    group_by_user,
    pass_on,
    record_transfers,
)


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """Which resources of one user passed on, or why none did."""

    user_id: str
    passed: Sequence[PassedResources] = ()
    refusal: ContractError | None = None

    @property
    def resource_count(self) -> int:
        """Return how many resources passed on."""
        return sum(each.count for each in self.passed)


@retried
def transfer_resources(
    organization_id: str,
    user_ids: Collection[str],
    *,
    transfer_to: TransferTo,
    caller: Caller,
) -> list[TransferOutcome]:
    """Pass on what deactivated and former members own; return what became of each, in order.

    ``transfer_to`` is the id of a department or an heir, or targets by type, for everybody or by
    user id. A user who is active, a stranger, or above the caller is refused, and the others are
    still done; if it raises, nothing has changed. There is an event for each user and each of their
    targets; a user who owned nothing is no error.
    """
    user_ids = list(dict.fromkeys(user_ids))
    targets = targets_by_user(transfer_to, user_ids)
    with transaction.atomic():
        locked = lock_members(
            organization_id, [*user_ids, *heirs_of(targets)], caller=caller, accounts=user_ids
        )
        keep_absent(organization_id, user_ids, locked)
        members = {user_id: locked[user_id] for user_id in user_ids if user_id in locked}
        refusals = _find_refusals(
            organization_id, user_ids, members, targets, caller, locked=locked
        )
        passed = pass_on(
            organization_id,
            {u: targets[u] for u in user_ids if u in targets and u not in refusals},
        )
        record_transfers(organization_id, passed, caller=caller)
    return _outcomes(user_ids, passed, refusals)


def preview_transfers(
    organization_id: str, targets: Mapping[str, Targets], *, caller: Caller
) -> list[TransferOutcome]:
    """Return what `transfer_resources` would return for these users, with their targets."""
    if not targets:
        return []
    members = current_members(organization_id, targets)
    refusals = _find_refusals(organization_id, targets, members, targets, caller, locked=None)
    counts = Resource.objects.filter(organization=organization_id).count_by_type(targets)
    passed = [
        PassedResources(user_id, type_name, target, count)
        for user_id, of_user in counts.items()
        for type_name, count in of_user.items()
        if user_id not in refusals and (target := targets[user_id].target_of(type_name))
    ]
    return _outcomes(targets, passed, refusals)


def _outcomes(
    user_ids: Iterable[str],
    passed: Iterable[PassedResources],
    refusals: Mapping[str, ContractError],
) -> list[TransferOutcome]:
    """Return the outcomes in the order of the users."""
    by_user = group_by_user(passed)
    return [TransferOutcome(u, by_user[u], refusals.get(u)) for u in user_ids]


@retried
def transfer_selected(
    organization_id: str, resource_ids: Collection[str], *, transfer_to: str, caller: Caller
) -> list[str]:
    """Pass on resources of an organization, whoever owns them; return the ids of those that moved.

    For staff, who may do so with any resource. ``transfer_to`` is the id of a department or an
    heir; resources that it owns already stay as they are. Each user who owned some has an event;
    the departments have one together, which names no user. Raises DepartmentNotFoundError,
    TransferUserNotFoundError, and the ContractError of a caller who may not.
    """
    department_id, heir_id = department_of(transfer_to), heir_of(transfer_to)
    selected = Resource.objects.filter(organization=organization_id, pk__in=resource_ids).exclude(
        Q(department=department_id) if department_id else Q(owner=heir_id)
    )
    with transaction.atomic():
        owners = selected.filter(owner__isnull=False).values_list("owner", flat=True).distinct()
        locked_members = lock_members(organization_id, [*owners, transfer_to], caller=caller)
        caller.authority(organization_id, CHANGE_RESOURCES)
        require_targets(organization_id, Targets(transfer_to), leaving=(), locked=locked_members)
        locked = selected.order_by("pk").select_for_update(no_key=True)
        rows = list(locked.values_list("pk", "owner", "type"))
        moving = [resource_id for resource_id, _, _ in rows]
        Resource.objects.filter(pk__in=moving).update(
            owner=heir_id, department=department_id, removal=None
        )
        counts = Counter((owner_id, type_name) for _, owner_id, type_name in rows)
        passed = [
            PassedResources(owner_id, type_name, transfer_to, count)
            for (owner_id, type_name), count in counts.items()
        ]
        record_transfers(organization_id, passed, caller=caller)
    return moving


def _find_refusals(
    organization_id: str,
    user_ids: Collection[str],
    members: Mapping[str, int],
    targets: Mapping[str, Targets],
    caller: Caller,
    *,
    locked: Collection[str] | None,
) -> dict[str, ContractError]:
    """Return why resources of users cannot pass on, by user id.

    It accepts former members whose removal the caller may know of.
    """
    refusals = judge(
        organization_id,
        list(members),
        caller=caller,
        act=TRANSFER,
        rules=Rules.AUTHORITY,
        members=members,
        leaving=user_ids,
    )
    active = Membership.objects.active().filter(pk__in=members.values())
    for user_id in active.values_list("user", flat=True):
        refusals.setdefault(user_id, UserIsActiveError({"user_id": user_id}))
    not_members = find_not_members(organization_id, user_ids, members, caller=caller, act=TRANSFER)
    for user_id, not_member in not_members.items():
        if not_member.removal is None:
            refusals[user_id] = not_member.refusal
    remaining = {user_id: members.get(user_id) for user_id in user_ids if user_id not in refusals}
    return refusals | judge(
        organization_id,
        remaining,
        caller=caller,
        act=TRANSFER,
        rules=Rules.TARGETS,
        targets=targets,
        members=remaining,
        leaving=user_ids,
        locked=locked,
    )
