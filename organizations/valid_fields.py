"""Checks fields of a row by its model; the refusal says what is wrong with each."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models

from config.api.errors import InvalidFieldsError


def require_valid(row: models.Model, names: Iterable[str]) -> None:
    """Raise InvalidFieldsError for those of these fields that the model refuses."""
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields}.difference(names))
    except ValidationError as refusal:
        raise invalid_fields(refusal) from None


def invalid_fields(refusal: ValidationError) -> InvalidFieldsError:
    """Return the error for what a model refuses, by field."""
    messages = refusal.message_dict
    first = next(iter(messages.values()))
    return InvalidFieldsError(messages, system_message=first[0])
