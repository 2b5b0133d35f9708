"""Refuses members who are in the wanted state already."""

from collections.abc import Collection

from django.db.models import F, Max

from config.errors import ContractError
from config.timestamps import in_whole_seconds
from organizations.exceptions import (
    UserAlreadyDeactivatedError,
    UserNotDeactivatedError,
)
from organizations.models import Event, Membership


def find_deactivated(membership_ids: Collection[int]) -> dict[str, ContractError]:
    """Return the refusal for those of these members who are deactivated already, by user id."""
    rows = Membership.objects.deactivated().filter(pk__in=membership_ids)
    return {
        user_id: UserAlreadyDeactivatedError(
            {"user_id": user_id, "deactivated_at": in_whole_seconds(deactivated_at)}
        )
        for user_id, deactivated_at in rows.values_list("user", "deactivated_at")
        if deactivated_at
    }


def find_active(organization_id: str, membership_ids: Collection[int]) -> dict[str, ContractError]:
    """Return the refusal for those of these members who are active, by user id.

    It has the last time that one was reactivated, if there was one in this tenure.
    """
    active = Membership.objects.active().filter(pk__in=membership_ids)
    members = dict(active.values_list("user", "pk"))
    if not members:
        return {}
    refusals: dict[str, ContractError] = {
        user_id: UserNotDeactivatedError({"user_id": user_id}) for user_id in members
    }
    reactivations = Event.objects.filter(
        type=Event.Type.MEMBER_REACTIVATED,
        organization=organization_id,
        user__memberships__in=members.values(),
        created_at__gte=F("user__memberships__created_at"),
    )
    for user_id, reactivated_at in reactivations.values_list("user").annotate(Max("created_at")):
        refusals[user_id] = UserNotDeactivatedError(
            {"user_id": user_id, "reactivated_at": in_whole_seconds(reactivated_at)}
        )
    return refusals
