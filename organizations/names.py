"""Saves departments and roles, whose names are checked in one way."""

from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from config.api.errors import InvalidFieldsError
from config.errors import ContractError
from organizations.models import Department, Role
from organizations.models.organization import NAME_TAKEN

Row = TypeVar("Row", Department, Role)


def save_named(row: Row, *, taken: ContractError, constraint: str) -> Row:
    """Check the name of a department or a role by its model, save the row and return it.

    Raises InvalidFieldsError for an invalid name, and ``taken`` if another row has it. The
    ``constraint`` of the database tells of a row that is made at the same moment.
    """
    try:
        _clean_name(row)
        row.clean()
    except ValidationError as refusal:
        [reason, *_] = refusal.error_dict["name"]
        if reason.code == NAME_TAKEN:
            raise taken from None
        messages = refusal.message_dict["name"]
        raise InvalidFieldsError({"name": messages}, system_message=messages[0]) from None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as fault:
        if constraint not in str(fault):
            raise
        raise taken from fault
    return row


def is_name(name: str, *, of: type[Row]) -> bool:
    """Return whether a row of this kind can have this name, unless another row has it."""
    try:
        _clean_name(of(name=name))
    except ValidationError:
        return False
    return True


def _clean_name(row: Department | Role) -> None:
    """Raise ValidationError for an invalid name, whether or not another row has it."""
    row.clean_fields(exclude={field.name for field in row._meta.fields} - {"name"})
