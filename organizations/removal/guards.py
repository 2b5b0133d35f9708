"""Who cannot be removed: the rules that a removal and its preview share."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import connection

from config.errors import ContractError
from config.identifiers import is_id
from organizations.capabilities import Capability
from organizations.exceptions import (
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
)

GUARDS = Path(__file__).with_name("guards.sql").read_text(encoding="utf-8")
VERDICTS = f"WITH {GUARDS.format(lock='')} SELECT user_id, refusal, lacking FROM verdict"  # noqa: S608 (our own text)


def find_refusals(
    organization_id: str,
    user_ids: Sequence[str],
    targets: Mapping[str, str],
    *,
    authority: frozenset[Capability],
    gone: Collection[int] = (),
) -> dict[str, ContractError]:
    """Return why members of an organization could not be removed now, by user id.

    ``targets`` are ids of departments by user id; ``gone`` are memberships of owners that an
    earlier part of a preview would have ended.
    """
    parameters = guard_parameters(organization_id, user_ids, targets, authority, gone)
    with connection.cursor() as cursor:
        cursor.execute(VERDICTS, parameters)
        verdicts = cursor.fetchall()
    return {
        user_id: refusal_of(code, organization_id, user_id, targets.get(user_id), lacking)
        for user_id, code, lacking in verdicts
        if code
    }


def guard_parameters(
    organization_id: str,
    user_ids: Sequence[str],
    targets: Mapping[str, str],
    authority: frozenset[Capability],
    gone: Collection[int] = (),
    removal_ids: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return the parameters of the guards, for users in the order in which they leave."""
    return {
        "organization_id": organization_id,
        "user_ids": list(user_ids),
        "department_ids": [_readable(targets.get(user_id)) for user_id in user_ids],
        "authority": list(authority),
        "gone": list(gone),
        "removal_ids": removal_ids,
    }


def _readable(target: str | None) -> str | None:
    """Return a department's id as PostgreSQL can read it: what is no id is no department's."""
    return target if target is None or is_id("dept", target) else ""


def refusal_of(
    code: str,
    organization_id: str,
    user_id: str,
    department_id: str | None,
    lacking: Sequence[str],
) -> ContractError:
    """Return the error that the guards name for a member."""
    if code == InsufficientPermissionsError.code:
        return InsufficientPermissionsError(
            {"required_capabilities": sorted(lacking)},
            system_message="the user holds capabilities that the caller lacks.",
        )
    if code == LastOwnerCannotBeRemovedError.code:
        return LastOwnerCannotBeRemovedError(
            {"user_id": user_id, "organization_id": organization_id}
        )
    if code == DepartmentNotFoundError.code:
        return DepartmentNotFoundError({"department_id": department_id})
    raise ValueError(code)
