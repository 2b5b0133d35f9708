"""Saves and logs departments and roles, whose names are checked in one way."""

from collections.abc import Iterable
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from config.api.errors import InvalidFieldsError
from organizations.application_log import log_on_commit
from organizations.exceptions import DepartmentNameTakenError, RoleNameTakenError
from organizations.guards.caller import Caller
from organizations.models import Department, Role
from organizations.models.organization import DEPARTMENT_NAME, NAME_TAKEN, ROLE_NAME
from organizations.valid_fields import invalid_fields, require_valid

Row = TypeVar("Row", Department, Role)


def require_name(name: str, *, of: type[Row]) -> None:
    """Raise InvalidFieldsError for a name that no row of this kind can have."""
    require_valid(of(name=name), ["name"])


def save_named(row: Department | Role) -> None:
    """Save a department or a role, whose name `require_name` has checked.

    Raises DepartmentNameTakenError or RoleNameTakenError if another row has the name, even one that
    is made at the same moment.
    """
    is_role = isinstance(row, Role)
    constraint = ROLE_NAME if is_role else DEPARTMENT_NAME
    error = RoleNameTakenError if is_role else DepartmentNameTakenError
    taken = error({"name": row.name})
    try:
        row.clean()
    except ValidationError as refusal:
        [reason, *_] = refusal.error_dict["name"]
        raise (taken if reason.code == NAME_TAKEN else invalid_fields(refusal)) from None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as fault:
        if constraint not in str(fault):
            raise
        raise taken from fault


def log_named(event: str, rows: Iterable[Row], caller: Caller) -> None:
    """Write a line about each row to the application's log once the transaction is committed."""
    log_on_commit(
        event,
        caller.source,
        [
            {
                "organization_id": row.organization_id,
                f"{row._meta.model_name}_id": row.pk,
                **caller.columns,
            }
            for row in rows
        ],
    )


def is_name(name: str, *, of: type[Row]) -> bool:
    """Return whether a row of this kind can have this name, unless another row has it."""
    try:
        require_name(name, of=of)
    except InvalidFieldsError:
        return False
    return True
