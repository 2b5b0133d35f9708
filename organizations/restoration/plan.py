"""Decides what a restoration would bring back, or why it is refused, and writes nothing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from config.errors import ContractError
from config.timestamps import in_whole_seconds
from organizations.assignment.service import already_members, find_refusal
from organizations.exceptions import RemovalNotFoundError, RestoreWindowExpiredError
from organizations.guards.caller import Authority
from organizations.guards.not_members import latest_removals
from organizations.models import Department, Membership, Removal, Restoration, Role
from organizations.removal.tokens import count_tokens


@dataclass(frozen=True, slots=True)
class RestorationOutcome:
    """The outcome for one user: either ``restoration`` or ``refusal`` is set.

    In a preview neither the restoration nor its membership is saved.
    """

    user_id: str
    restoration: Restoration | None = None
    refusal: ContractError | None = None


def plan_restorations(
    organization_id: str,
    user_ids: Collection[str],
    *,
    removal_ids: Mapping[str, str],
    authority: Authority,
    locks: bool,
) -> list[RestorationOutcome]:
    """Return the unsaved restoration of each of these users, or the refusal, in the order given.

    It has the roles and departments that still exist, and no count of resources yet. With ``locks``
    nobody changes the roles until the transaction ends.
    """
    members = already_members(organization_id, user_ids)
    removals = {
        user_id: removal
        for user_id, removal in latest_removals(organization_id, user_ids).items()
        if not removal.membership.user.erased_at
    }
    role_ids = {role["id"] for removal in removals.values() for role in removal.roles}
    if locks:
        roles = {role.pk: role for role in Role.objects.share(organization_id, role_ids)}
    else:
        roles = Role.objects.filter(organization=organization_id).in_bulk(role_ids)
    departments = Department.objects.filter(
        organization=organization_id,
        pk__in={d["id"] for removal in removals.values() for d in removal.departments},
    ).in_bulk()
    tokens = count_tokens([removal.membership_id for removal in removals.values()])

    def outcome_of(user_id: str) -> RestorationOutcome:
        removal, named = removals.get(user_id), removal_ids.get(user_id)
        refusal: ContractError | None
        if named is not None and (removal is None or removal.pk != named):
            refusal = RemovalNotFoundError({"user_id": user_id, "removal_id": named})
            return RestorationOutcome(user_id, refusal=refusal)
        if refusal := members.get(user_id):
            return RestorationOutcome(user_id, refusal=refusal)
        if removal is None:
            return RestorationOutcome(user_id, refusal=RemovalNotFoundError({"user_id": user_id}))
        given = [roles[role["id"]] for role in removal.roles if role["id"] in roles]
        refusal = find_refusal(given, authority=authority)
        if refusal := refusal or _find_expiry(user_id, removal):
            return RestorationOutcome(user_id, refusal=refusal)
        restoration = _plan(removal, roles, departments)
        restoration.tokens_not_restored = tokens.get(removal.membership_id, 0)
        return RestorationOutcome(user_id, restoration)

    return [outcome_of(user_id) for user_id in user_ids]


def _find_expiry(user_id: str, removal: Removal) -> RestoreWindowExpiredError | None:
    """Return the error for a removal that is too long ago, or None."""
    days = settings.RESTORE_WINDOW_DAYS
    if days and timezone.now() - removal.created_at <= timedelta(days=days):
        return None
    return RestoreWindowExpiredError(
        {
            "user_id": user_id,
            "removal_id": removal.pk,
            "removed_at": in_whole_seconds(removal.created_at),
            "window_days": days,
        }
    )


def _plan(
    removal: Removal, roles: Mapping[str, Role], departments: Mapping[str, Department]
) -> Restoration:
    """Return the restoration of what a removal took."""
    restoration = Restoration(
        removal=removal,
        membership=Membership(
            organization_id=removal.organization_id, user=removal.membership.user
        ),
        resource_count=0,
    )
    restoration.roles, restoration.roles_not_restored = _split(removal.roles, roles)
    restoration.departments, restoration.departments_not_restored = _split(
        removal.departments, departments
    )
    return restoration


def _split(
    recorded: Iterable[Mapping[str, str]], present: Mapping[str, Role | Department]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return the recorded entries that still exist, with present names, and the deleted ones."""
    existing = [present[entry["id"]] for entry in recorded if entry["id"] in present]
    return (
        [{"id": entry.pk, "name": entry.name} for entry in existing],
        [{**entry, "reason": "deleted"} for entry in recorded if entry["id"] not in present],
    )
