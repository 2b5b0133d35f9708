"""Who cannot be deactivated, and who cannot be reactivated."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import F, Max

from config.errors import ContractError
from config.timestamps import in_whole_seconds
from organizations.capabilities import Capability
from organizations.exceptions import (
    InsufficientPermissionsError,
    LastOwnerCannotBeDeactivatedError,
    LastOwnerCannotBeRemovedError,
    UserAlreadyDeactivatedError,
    UserNotDeactivatedError,
)
from organizations.models import Event, Membership
from organizations.removal.absence import explain_absence
from organizations.removal.guards import find_refusals


def find_refusals_of_deactivation(
    organization_id: str,
    asked: Collection[str],
    members: Mapping[str, int],
    *,
    targets: Mapping[str, str],
    authority: frozenset[Capability],
) -> dict[str, ContractError]:
    """Return why users cannot be deactivated, by user id.

    ``members`` are the locked memberships of those asked for who are members. The rules are a
    removal's; and nobody is deactivated twice.
    """
    refusals = _explain_absent(organization_id, asked, members, authority)
    verdicts = find_refusals(organization_id, members, targets=targets, authority=authority)
    for user_id, deactivated_at in _states(members).items():
        refusal = verdicts.get(user_id)
        if deactivated_at and not isinstance(refusal, InsufficientPermissionsError):
            refusal = UserAlreadyDeactivatedError(
                {"user_id": user_id, "deactivated_at": in_whole_seconds(deactivated_at)}
            )
        elif isinstance(refusal, LastOwnerCannotBeRemovedError):
            refusal = LastOwnerCannotBeDeactivatedError(refusal.details)
        if refusal:
            refusals[user_id] = refusal
    return refusals


def find_refusals_of_reactivation(
    organization_id: str,
    asked: Collection[str],
    members: Mapping[str, int],
    *,
    authority: frozenset[Capability],
) -> dict[str, ContractError]:
    """Return why users cannot be reactivated, by user id.

    ``members`` are the locked memberships of those asked for who are members.
    """
    refusals = _explain_absent(organization_id, asked, members, authority)
    states = _states(members)
    if active := {user_id: members[user_id] for user_id in members if not states[user_id]}:
        refusals |= _explain_active(organization_id, active)
    for user_id, refusal in find_refusals(
        organization_id, members, targets={}, authority=authority
    ).items():
        if isinstance(refusal, InsufficientPermissionsError):  # nobody leaves here
            refusals[user_id] = refusal
    return refusals


def _explain_absent(
    organization_id: str,
    asked: Collection[str],
    members: Mapping[str, int],
    authority: frozenset[Capability],
) -> dict[str, ContractError]:
    """Return why those who are no members are not found."""
    absent = [user_id for user_id in asked if user_id not in members]
    return {
        user_id: absence.refusal
        for user_id, absence in explain_absence(organization_id, absent, authority).items()
    }


def _states(members: Mapping[str, int]) -> dict[str, datetime | None]:
    """Return since when each of these members is deactivated, by user id."""
    rows = Membership.objects.filter(pk__in=members.values())
    return dict(rows.values_list("user", "deactivated_at"))


def _explain_active(
    organization_id: str, members: Mapping[str, int]
) -> dict[str, UserNotDeactivatedError]:
    """Return why active members cannot be reactivated, with the last time that one was."""
    refusals = {user_id: UserNotDeactivatedError({"user_id": user_id}) for user_id in members}
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
