"""The rules that decide who cannot be removed, shared by the removal and its preview."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from config.errors import ContractError
from config.prepared_statements import fetch_prepared
from organizations.capabilities import Capability
from organizations.exceptions import (
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
    TransferUserNotFoundError,
)
from organizations.transfer.targets import department_of, heir_of, target_not_found

GUARDS = Path(__file__).with_name("guards.sql").read_text(encoding="utf-8")
_VERDICTS = f"WITH {GUARDS} SELECT user_id, refusal, lacking FROM verdict"  # noqa: S608 (our own text)


def find_refusals(
    organization_id: str,
    members: Mapping[str, int | None],
    *,
    targets: Mapping[str, str],
    authority: frozenset[Capability],
    asked: Collection[str] | None = None,
    already_leaving: Collection[int] = (),
) -> dict[str, ContractError]:
    """Return, by user id, why members of an organization cannot be removed now.

    ``members`` are membership ids by user id, in the order of the removals; ``targets`` are ids of
    departments or heirs by user id. ``asked`` are all users whose removal is requested, by default
    the members. ``already_leaving`` are memberships of owners that an earlier part of a preview
    would have ended.
    """
    parameters = guard_parameters(
        organization_id,
        members,
        asked=members if asked is None else asked,
        targets=targets,
        authority=authority,
        already_leaving=already_leaving,
    )
    return {
        user_id: refusal_of(code, organization_id, user_id, targets.get(user_id, ""), lacking)
        for user_id, code, lacking in fetch_prepared(_VERDICTS, parameters)
        if code
    }


def find_target_refusal(
    organization_id: str, target: str, *, asked: Collection[str]
) -> ContractError | None:
    """Return why a department or an heir cannot take over from these users, or None if it can."""
    # For a user without a membership the guards check only the target.
    nobody = ""
    return find_refusals(
        organization_id,
        {nobody: None},
        targets={nobody: target},
        authority=frozenset(),
        asked=asked,
    ).get(nobody)


def guard_parameters(
    organization_id: str,
    members: Mapping[str, int | None],
    *,
    asked: Collection[str],
    targets: Mapping[str, str],
    authority: frozenset[Capability],
    already_leaving: Collection[int] = (),
    removal_ids: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the parameters of guards.sql.

    ``asked`` are all users whose removal is requested, members or not; none of them can be an heir.
    """
    heirs = [heir_of(targets.get(user_id)) for user_id in members]
    return {
        "organization_id": organization_id,
        "membership_ids": list(members.values()),
        "user_ids": list(members),
        "department_ids": [department_of(targets.get(user_id)) for user_id in members],
        "heir_ids": heirs,
        # The statement only needs to know which of the heirs leave.
        "asked_ids": list(set(heirs).intersection(asked)),
        "removal_ids": [removal_ids[user_id] for user_id in members] if removal_ids else [],
        "authority": list(authority),
        "already_leaving": list(already_leaving),
    }


def refusal_of(
    code: str, organization_id: str, user_id: str, target: str, lacking: Collection[str]
) -> ContractError:
    """Return the error for a code of the guards. Raises ValueError for an unknown code."""
    match code:
        case InsufficientPermissionsError.code:
            return InsufficientPermissionsError(
                {"required_capabilities": sorted(lacking)},
                system_message="the user holds capabilities that the caller lacks.",
            )
        case LastOwnerCannotBeRemovedError.code:
            return LastOwnerCannotBeRemovedError(
                {"user_id": user_id, "organization_id": organization_id}
            )
        case DepartmentNotFoundError.code | TransferUserNotFoundError.code:
            return target_not_found(target)
    raise ValueError(code)
