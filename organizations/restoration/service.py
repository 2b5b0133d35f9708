"""Puts removed members back: for one and for many, for every surface."""

from collections.abc import Collection, Mapping

from django.db import transaction

from config.identifiers import is_id
from organizations.assignment.grants import give
from organizations.capabilities import Capability
from organizations.locks import lock_accounts, lock_members
from organizations.models import Event, Membership, Removal, Restoration, Source
from organizations.restoration.draft import draft_restorations
from organizations.restoration.identities import return_identities
from organizations.restoration.outcome import RestorationOutcome
from organizations.restoration.resources import count_resources, return_resources
from organizations.retries import retried
from users.models import User


@retried
def restore_members(
    organization_id: str,
    user_ids: Collection[str],
    *,
    removal_ids: Mapping[str, str] | None = None,
    actor: User | None,
    source: Source,
    authority: frozenset[Capability],
    may_give_owner: bool,
    reason: str = "",
    trace_id: str = "",
) -> list[RestorationOutcome]:
    """Restore users by their latest removals; return what became of each, once, in the order given.

    Each gets a new membership with the roles and departments of the record that there still are,
    and the resources that the removal moved and that are where it put them; whoever was deactivated
    is so again. A removal that is named by user id in ``removal_ids`` must be the latest. All of it
    or, when this raises, nothing. Whoever cannot be restored is refused alone. No role comes back
    with a capability outside ``authority``, and the Owner role only if ``may_give_owner``.
    """
    asked = list(dict.fromkeys(user_ids))
    with transaction.atomic():
        lock_members(organization_id, _find_heirs(organization_id, asked))
        lock_accounts(asked)
        outcomes = draft_restorations(
            organization_id,
            asked,
            removal_ids=removal_ids or {},
            authority=authority,
            may_give_owner=may_give_owner,
        )
        restorations = [outcome.restoration for outcome in outcomes if outcome.restoration]
        for restoration in restorations:
            restoration.actor = actor
            restoration.source = source
            restoration.trace_id = trace_id
        _restore(restorations)
        Event.objects.bulk_record(
            Event(
                type=Event.Type.MEMBER_RESTORED,
                organization_id=organization_id,
                user=restoration.membership.user,
                actor=actor,
                source=source,
                reason=reason,
                data={"restoration_id": restoration.pk},
                trace_id=trace_id,
                created_at=restoration.created_at,
            )
            for restoration in restorations
        )
    return outcomes


def preview_restoration(
    organization_id: str,
    user_ids: Collection[str],
    *,
    removal_ids: Mapping[str, str] | None = None,
    authority: frozenset[Capability],
    may_give_owner: bool,
) -> list[RestorationOutcome]:
    """Return what `restore_members` would do for each user, with nothing saved."""
    outcomes = draft_restorations(
        organization_id,
        list(dict.fromkeys(user_ids)),
        removal_ids=removal_ids or {},
        authority=authority,
        may_give_owner=may_give_owner,
    )
    restorations = [outcome.restoration for outcome in outcomes if outcome.restoration]
    count_resources(restorations)
    _deactivate_as_before(restorations)
    return outcomes


def _find_heirs(organization_id: str, user_ids: Collection[str]) -> list[str]:
    """Return the heirs of these users' former memberships, who may give something back."""
    known = [user_id for user_id in user_ids if is_id("usr", user_id)]
    former = Membership.objects.former().of(organization_id, known)
    heirs = Removal.objects.filter(membership__in=former, transferred_to_user__isnull=False)
    return list(heirs.values_list("transferred_to_user", flat=True).distinct())


def _restore(restorations: Collection[Restoration]) -> None:
    """Save memberships, what they hold, and the records; the accounts and heirs are locked."""
    members = [restoration.membership for restoration in restorations]
    Membership.objects.bulk_create(members)
    give(
        [
            (
                restoration.membership,
                [role["id"] for role in restoration.roles],
                [department["id"] for department in restoration.departments],
            )
            for restoration in restorations
        ]
    )
    return_resources(restorations)
    Restoration.objects.bulk_create(restorations)
    return_identities(restorations)
    # Last, since resources are given to active members alone, and organizations are locked.
    Membership.objects.bulk_update(_deactivate_as_before(restorations), ["deactivated_at"])


def _deactivate_as_before(restorations: Collection[Restoration]) -> list[Membership]:
    """Mark, and return, the members who were deactivated when they were removed."""
    deactivated = []
    for restoration in restorations:
        restoration.membership.deactivated_at = restoration.removal.membership.deactivated_at
        if restoration.membership.deactivated_at:
            deactivated.append(restoration.membership)
    return deactivated
