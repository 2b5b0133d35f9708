"""Whom resources pass to: a department or an heir, who differ by their ids.

Whether the organization has them, guards.sql decides for every transfer.
"""

from collections.abc import Collection, Mapping

from config.errors import ContractError
from config.identifiers import is_id
from organizations.exceptions import DepartmentNotFoundError, TransferUserNotFoundError


def targets_by_user(
    transfer_to: str | Mapping[str, str] | None, user_ids: Collection[str]
) -> Mapping[str, str]:
    """Return the target of each user's resources, by user id, without those who have none."""
    if isinstance(transfer_to, str):
        return dict.fromkeys(user_ids, transfer_to)
    return transfer_to or {}


def heir_of(target: str | None) -> str | None:
    """Return the target if it is a person."""
    return target if target is not None and is_id("usr", target) else None


def department_of(target: str | None) -> str | None:
    """Return any other target as a department's id, or "" if it is malformed."""
    if target is None or is_id("usr", target):
        return None
    return target if is_id("dept", target) else ""


def event_data(target: str | None, resource_count: int) -> dict[str, object]:
    """Return what an event says of resources that passed on: how many, and to whom."""
    data: dict[str, object] = {"resource_count": resource_count}
    if heir := heir_of(target):
        data["heir_id"] = heir
    elif target:
        data["department_id"] = target
    return data


def target_not_found(target: str) -> ContractError:
    """Return the error for a target that the organization does not have."""
    if heir_of(target):
        return TransferUserNotFoundError({"user_id": target})
    return DepartmentNotFoundError({"department_id": target})
