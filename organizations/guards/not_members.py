"""Explains to a caller why users are not members: some were removed before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from config.timestamps import in_whole_seconds
from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.exceptions import UserNotFoundError
from organizations.models import Membership, Removal, Role


@dataclass(frozen=True, slots=True)
class NotMember:
    """The refusal for a user who is no member, and their removal if the caller may know of it."""

    refusal: UserNotFoundError
    removal: Removal | None = None


def explain_not_members(
    organization_id: str, user_ids: Sequence[str], authority: frozenset[Capability]
) -> dict[str, NotMember]:
    """Return the refusal for each of these users, none of whom is a member, by user id.

    A user who was removed before comes with their latest removal if ``authority`` would have been
    enough for it: so a caller who lost the response learns that the removal was done.
    """
    may_remove = user_ids and Capability.REMOVE_USERS in authority
    removals = latest_removals(organization_id, user_ids) if may_remove else {}
    if removals and authority != ALL_CAPABILITIES:
        # Without deleted roles, which may have granted anything.
        within_authority = set(
            Role.objects.filter(
                organization=organization_id, capabilities__contained_by=list(authority)
            ).values_list("pk", flat=True)
        )
        removals = {
            user_id: removal
            for user_id, removal in removals.items()
            if within_authority.issuperset(role["id"] for role in removal.roles)
        }
    return {user_id: _not_member(user_id, removals.get(user_id)) for user_id in user_ids}


def latest_removals(organization_id: str, user_ids: Collection[str]) -> dict[str, Removal]:
    """Return the latest removal of each of these users who was removed, by user id."""
    if not user_ids:
        return {}
    former = Membership.objects.former().of(organization_id, user_ids)
    removals = Removal.objects.filter(membership__in=former).select_related("membership__user")
    # A user's later membership has the higher id, so the latest removal comes last and stays.
    return {removal.membership.user_id: removal for removal in removals.order_by("membership_id")}


def _not_member(user_id: str, removal: Removal | None) -> NotMember:
    """Return the refusal for a user who was removed by this removal, or never."""
    if removal is None:
        return NotMember(UserNotFoundError({"user_id": user_id}))
    details = {
        "user_id": user_id,
        "removal_id": removal.pk,
        "removed_at": in_whole_seconds(removal.created_at),
    }
    return NotMember(UserNotFoundError(details), removal)
