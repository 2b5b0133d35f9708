"""Why users are not found as members: some were removed before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from config.identifiers import is_id
from config.timestamps import in_whole_seconds
from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.exceptions import UserNotFoundError
from organizations.models import Membership, Removal, Role


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a user is not found, with the removal that they left by, if the caller may know it."""

    refusal: UserNotFoundError
    removal: Removal | None = None


def explain_absence(
    organization_id: str, user_ids: Sequence[str], authority: frozenset[Capability]
) -> dict[str, Absence]:
    """Return why each of these users, none of whom is a member, is not found, by user id.

    Whoever was removed before comes with the latest record of it, provided that ``authority`` would
    have been enough for that removal: somebody who never got the answer can learn that it was done.
    """
    may_remove = Capability.REMOVE_USERS in authority
    removals = latest_removals(organization_id, user_ids) if may_remove else {}
    if removals and authority != ALL_CAPABILITIES:
        # A role that is gone by now may have granted anything.
        below = set(
            Role.objects.filter(
                organization=organization_id, capabilities__contained_by=list(authority)
            ).values_list("pk", flat=True)
        )
        removals = {
            user_id: removal
            for user_id, removal in removals.items()
            if below.issuperset(role["id"] for role in removal.roles)
        }
    return {user_id: _absence(user_id, removals.get(user_id)) for user_id in user_ids}


def latest_removals(organization_id: str, user_ids: Collection[str]) -> dict[str, Removal]:
    """Return the latest removal of each of these users who was removed, by user id."""
    known = [user_id for user_id in user_ids if is_id("usr", user_id)]
    if not known:
        return {}
    former = Membership.objects.former().of(organization_id, known)
    removals = Removal.objects.filter(membership__in=former).select_related("membership__user")
    # The memberships of one user follow each other.
    return {removal.membership.user_id: removal for removal in removals.order_by("membership_id")}


def _absence(user_id: str, removal: Removal | None) -> Absence:
    """Return why somebody is no member."""
    if removal is None:
        return Absence(UserNotFoundError({"user_id": user_id}))
    details = {
        "user_id": user_id,
        "removal_id": removal.pk,
        "removed_at": in_whole_seconds(removal.created_at),
    }
    return Absence(UserNotFoundError(details), removal)
