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
    """Save a department or a role and return it, once its model has checked the name.

    Raises InvalidFieldsError for what is no name. Raises ``taken`` where another row has the name,
    also one that is made at the same moment: then the ``constraint`` of the database says so.
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
    """Raise ValidationError for what is no name, by the field of the model alone."""
    row.clean_fields(exclude={field.name for field in row._meta.fields} - {"name"})
