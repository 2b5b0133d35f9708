"""Restores one removed member or many, for every caller."""

from collections.abc import Collection, Mapping

from django.db import connection, transaction

from config.retries import retried
from organizations.assignment.service import give
from organizations.guards.acts import RESTORE
from organizations.guards.caller import Caller
from organizations.handover.cancellation import cancel_tasks, find_cancelled_tasks
from organizations.locks import lock_members
from organizations.models import Event, Membership, RemovedResources, Restoration
from organizations.restoration.identities import return_identities
from organizations.restoration.plan import RestorationOutcome, plan_restorations
from organizations.restoration.resources import count_resources, return_resources

# In SQL, since bulk_update compares each row with each.
_DEACTIVATE = """
    UPDATE organizations_membership AS membership
    SET deactivated_at = restored.deactivated_at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS restored (id, deactivated_at)
    WHERE membership.id = restored.id
"""


@retried
def restore_members(
    organization_id: str,
    user_ids: Collection[str],
    *,
    removal_ids: Mapping[str, str] | None = None,
    caller: Caller,
) -> list[RestorationOutcome]:
    """Restore users by their latest removals; return one outcome per user, in the order given.

    Each gets a new membership with the roles and departments of the record that still exist, and
    the resources that still bear the removal's mark; in a chain of removals as if the newest were
    undone first. The removal's open and failed tasks are cancelled. A member who was deactivated is
    deactivated again. A removal that ``removal_ids`` names by user id must be the latest. A user
    who cannot be restored is refused, and the others are still restored: a role comes back only
    from a caller who may give it. It does not bring back access tokens, deleted roles or resources
    that have moved since. Raises the ContractError of a caller who may restore nobody; if it
    raises, nothing has changed.
    """
    user_ids = list(dict.fromkeys(user_ids))
    with transaction.atomic():
        heirs = _find_heirs(organization_id, user_ids)
        lock_members(organization_id, heirs, caller=caller, accounts=user_ids)
        outcomes = plan_restorations(
            organization_id,
            user_ids,
            removal_ids=removal_ids or {},
            authority=caller.authority(organization_id, RESTORE),
            locks=True,
        )
        restorations = [outcome.restoration for outcome in outcomes if outcome.restoration]
        for restoration in restorations:
            for column, value in caller.columns.items():
                setattr(restoration, column, value)
        _restore(restorations, caller)
        Event.objects.bulk_record(
            caller.event(
                Event.Type.MEMBER_RESTORED,
                organization_id,
                user=restoration.membership.user,
                data={"restoration_id": restoration.pk, "removal_id": restoration.removal_id},
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
    caller: Caller,
    already_undone: Collection[str] = (),
) -> list[RestorationOutcome]:
    """Return what `restore_members` would do for each user, with nothing saved.

    ``already_undone`` are removals that an earlier part of this preview would have undone.
    """
    outcomes = plan_restorations(
        organization_id,
        list(dict.fromkeys(user_ids)),
        removal_ids=removal_ids or {},
        authority=caller.authority(organization_id, RESTORE),
        locks=False,
    )
    restorations = [outcome.restoration for outcome in outcomes if outcome.restoration]
    count_resources(restorations, already_undone=already_undone)
    find_cancelled_tasks(restorations)
    _deactivate_as_before(restorations)
    return outcomes


def _find_heirs(organization_id: str, user_ids: Collection[str]) -> list[str]:
    """Return the heirs of these users, of every type: resources may return from them."""
    former = Membership.objects.former().of(organization_id, user_ids)
    passed = RemovedResources.objects.filter(
        removal__membership__in=former, transferred_to_user__isnull=False
    )
    return list(passed.values_list("transferred_to_user", flat=True).distinct())


def _restore(restorations: Collection[Restoration], caller: Caller) -> None:
    """Save memberships, assignments and records. The caller has locked accounts and heirs."""
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
    cancel_tasks(restorations, caller=caller)
    Restoration.objects.bulk_create(restorations)
    return_identities(restorations)
    # Last, since only active members can be given resources, and since it locks organizations.
    if deactivated := _deactivate_as_before(restorations):
        with connection.cursor() as cursor:
            cursor.execute(
                _DEACTIVATE,
                [[m.pk for m in deactivated], [m.deactivated_at for m in deactivated]],
            )


def _deactivate_as_before(restorations: Collection[Restoration]) -> list[Membership]:
    """Set `deactivated_at` of members who were deactivated when removed; return those members."""
    deactivated = []
    for restoration in restorations:
        restoration.membership.deactivated_at = restoration.removal.membership.deactivated_at
        if restoration.membership.deactivated_at:
            deactivated.append(restoration.membership)
    return deactivated
