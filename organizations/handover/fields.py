"""Checks the fields of steps and tasks."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from config.api.errors import InvalidFieldsError
from organizations.models import OffboardingStep, OffboardingTask


def require_valid(row: OffboardingStep | OffboardingTask, names: Iterable[str]) -> None:
    """Raise InvalidFieldsError for those of these fields that the model refuses."""
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields}.difference(names))
    except ValidationError as refusal:
        messages = refusal.message_dict
        first = next(iter(messages.values()))
        raise InvalidFieldsError(messages, system_message=first[0]) from None
