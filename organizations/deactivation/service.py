"""Suspends members and lets them back: for one and for many, for every surface."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from config.errors import ContractError
from organizations.capabilities import Capability
from organizations.deactivation.guards import (
    find_refusals_of_deactivation,
    find_refusals_of_reactivation,
)
from organizations.locks import lock_members
from organizations.models import Event, Membership, ScimConnection, Source
from organizations.retries import retried
from organizations.transfer.resources import pass_on
from organizations.transfer.targets import event_data, targets_by_user
from users.models import User


@dataclass(frozen=True, slots=True)
class DeactivationOutcome:
    """How many resources of one user passed on, or why the user's state did not change."""

    user_id: str
    resource_count: int = 0
    refusal: ContractError | None = None


@retried
def deactivate_members(
    organization_id: str,
    user_ids: Collection[str],
    *,
    transfer_to: str | Mapping[str, str] | None,
    actor: User | None,
    source: Source,
    authority: frozenset[Capability],
    reason: str = "",
    trace_id: str = "",
    connection: ScimConnection | None = None,
) -> list[DeactivationOutcome]:
    """Deactivate members of an organization; return what became of each, once, in order.

    Their roles and departments stay theirs, without effect. What they own there passes to
    ``transfer_to``, the id of a department or of an heir, for everybody or by user id; without one
    it stays theirs too. All of it or, when this raises, nothing. Whoever cannot be deactivated is
    refused alone. Nobody is who holds a capability outside ``authority``.
    """
    asked = dict.fromkeys(user_ids)
    targets = targets_by_user(transfer_to, asked)
    with transaction.atomic():
        locked = lock_members(organization_id, [*asked, *targets.values()])
        now = timezone.now()  # after whatever these locks waited for
        members = {user_id: locked[user_id] for user_id in asked if user_id in locked}
        refusals = find_refusals_of_deactivation(
            organization_id, asked, members, targets=targets, authority=authority
        )
        leaving = {u: members[u] for u in asked if u not in refusals}
        counts = pass_on(organization_id, {u: targets[u] for u in leaving if u in targets})
        Membership.objects.filter(pk__in=leaving.values()).update(deactivated_at=now)
        Event.objects.bulk_record(
            Event(
                type=Event.Type.MEMBER_DEACTIVATED,
                organization_id=organization_id,
                user_id=user_id,
                actor=actor,
                connection=connection,
                source=source,
                reason=reason,
                data=event_data(targets.get(user_id), counts.get(user_id, 0)),
                trace_id=trace_id,
                created_at=now,
            )
            for user_id in leaving
        )
    return [
        DeactivationOutcome(user_id, counts.get(user_id, 0), refusals.get(user_id))
        for user_id in asked
    ]


@retried
def reactivate_members(
    organization_id: str,
    user_ids: Collection[str],
    *,
    actor: User | None,
    source: Source,
    authority: frozenset[Capability],
    reason: str = "",
    trace_id: str = "",
    connection: ScimConnection | None = None,
) -> list[DeactivationOutcome]:
    """Reactivate members of an organization; return what became of each, once, in order.

    Their roles and departments have effect again. What passed on does not come back. All of it or,
    when this raises, nothing. Whoever cannot be reactivated is refused alone. Nobody is who holds a
    capability outside ``authority``.
    """
    asked = dict.fromkeys(user_ids)
    with transaction.atomic():
        members = lock_members(organization_id, asked)
        refusals = find_refusals_of_reactivation(
            organization_id, asked, members, authority=authority
        )
        returning = {u: members[u] for u in asked if u not in refusals}
        Membership.objects.filter(pk__in=returning.values()).update(deactivated_at=None)
        Event.objects.bulk_record(
            Event(
                type=Event.Type.MEMBER_REACTIVATED,
                organization_id=organization_id,
                user_id=user_id,
                actor=actor,
                connection=connection,
                source=source,
                reason=reason,
                trace_id=trace_id,
            )
            for user_id in returning
        )
    return [DeactivationOutcome(user_id, refusal=refusals.get(user_id)) for user_id in asked]
