"""What deactivated and former members own passes on by itself, and what staff select.

Removals and deactivations pass on what their members own themselves.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from config.errors import ContractError
from organizations.capabilities import Capability
from organizations.exceptions import (
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
    UserIsActiveError,
)
from organizations.locks import lock_members
from organizations.models import Event, Membership, Resource, Source
from organizations.removal.absence import explain_absence
from organizations.removal.guards import find_refusals, find_target_refusal
from organizations.retries import retried
from organizations.transfer.resources import pass_on
from organizations.transfer.targets import department_of, event_data, heir_of, targets_by_user
from users.models import User


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """How many resources of one user passed on, or why none did."""

    user_id: str
    resource_count: int = 0
    refusal: ContractError | None = None


@retried
def transfer_resources(
    organization_id: str,
    user_ids: Collection[str],
    *,
    transfer_to: str | Mapping[str, str],
    actor: User | None,
    source: Source,
    authority: frozenset[Capability],
    reason: str = "",
    trace_id: str = "",
) -> list[TransferOutcome]:
    """Pass on what deactivated and former members own; return what became of each, in order.

    ``transfer_to`` is the id of a department or an heir, for everybody or by user id. Whoever is
    active, a stranger, or above ``authority`` is refused alone. All of it or, when this raises,
    nothing. Who owned nothing is no error, and no event.
    """
    asked = dict.fromkeys(user_ids)
    targets = targets_by_user(transfer_to, asked)
    with transaction.atomic():
        locked = lock_members(organization_id, [*asked, *targets.values()])
        refusals = _find_refusals(organization_id, asked, locked, targets, authority)
        counts = pass_on(
            organization_id,
            {user_id: targets[user_id] for user_id in asked if user_id not in refusals},
        )
        _record_events(
            organization_id,
            [(user_id, targets[user_id], count) for user_id, count in counts.items()],
            actor=actor,
            source=source,
            reason=reason,
            trace_id=trace_id,
        )
    return [
        TransferOutcome(user_id, counts.get(user_id, 0), refusals.get(user_id)) for user_id in asked
    ]


@retried
def transfer_selected(
    organization_id: str,
    resource_ids: Collection[str],
    *,
    transfer_to: str,
    actor: User | None,
    source: Source,
    reason: str = "",
    trace_id: str = "",
) -> list[str]:
    """Pass on resources of an organization, whoever owns them; return the ids of those that moved.

    For staff, who may do so with any resource. ``transfer_to`` is the id of a department or an
    heir; what is theirs already stays as it is. Each user who owned some has an event, and so have
    the departments together, whose event names no user. Raises DepartmentNotFoundError,
    TransferUserNotFoundError.
    """
    department_id, heir_id = department_of(transfer_to), heir_of(transfer_to)
    selected = Resource.objects.filter(organization=organization_id, pk__in=resource_ids).exclude(
        Q(department=department_id) if department_id else Q(owner=heir_id)
    )
    with transaction.atomic():
        owners = selected.filter(owner__isnull=False).values_list("owner", flat=True).distinct()
        lock_members(organization_id, [*owners, transfer_to])
        if refusal := find_target_refusal(organization_id, transfer_to, asked=()):
            raise refusal
        locked = selected.order_by("pk").select_for_update(no_key=True)
        owner_by_resource = dict(locked.values_list("pk", "owner"))
        Resource.objects.filter(pk__in=owner_by_resource).update(
            owner=heir_id, department=department_id, removal=None
        )
        counts = Counter(owner_by_resource.values())
        _record_events(
            organization_id,
            [(user_id, transfer_to, count) for user_id, count in counts.items()],
            actor=actor,
            source=source,
            reason=reason,
            trace_id=trace_id,
        )
    return list(owner_by_resource)


def _record_events(
    organization_id: str,
    transfers: Iterable[tuple[str | None, str, int]],
    *,
    actor: User | None,
    source: Source,
    reason: str,
    trace_id: str,
) -> None:
    """Write an event for each of these: who owned something, whom it passed to, and how much."""
    Event.objects.bulk_record(
        Event(
            type=Event.Type.RESOURCES_TRANSFERRED,
            organization_id=organization_id,
            user_id=user_id,
            actor=actor,
            source=source,
            reason=reason,
            data=event_data(target, count),
            trace_id=trace_id,
        )
        for user_id, target, count in transfers
    )


def _find_refusals(
    organization_id: str,
    asked: Collection[str],
    locked: Mapping[str, int],
    targets: Mapping[str, str],
    authority: frozenset[Capability],
) -> dict[str, ContractError]:
    """Return why resources of users cannot pass on, by user id."""
    members: dict[str, int | None] = {u: locked[u] for u in asked if u in locked}
    active = set(
        Membership.objects.active().filter(pk__in=members.values()).values_list("user", flat=True)
    )
    refusals: dict[str, ContractError] = {}
    absent = [user_id for user_id in asked if user_id not in members]
    for user_id, absence in explain_absence(organization_id, absent, authority).items():
        if absence.removal:
            members[user_id] = None  # a former member has no membership to be judged by
        else:
            refusals[user_id] = absence.refusal
    verdicts = find_refusals(organization_id, members, targets=targets, authority=authority)
    for user_id in members:
        refusal = verdicts.get(user_id)
        if user_id in active and not isinstance(refusal, InsufficientPermissionsError):
            refusal = UserIsActiveError({"user_id": user_id})
        elif isinstance(refusal, LastOwnerCannotBeRemovedError):  # nobody leaves here
            refusal = find_target_refusal(organization_id, targets[user_id], asked=members)
        if refusal:
            refusals[user_id] = refusal
    return refusals
