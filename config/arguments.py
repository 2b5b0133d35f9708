"""Parses arguments of commands, and puts a model's refusal into words."""

from argparse import ArgumentTypeError

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from config.characters import clean

LONGEST_DAYS = 3650


def days(value: str) -> int:
    """Return a number of days, at most ten years. Raises ArgumentTypeError for any other text."""
    if not value.isdecimal() or not 1 <= int(value) <= LONGEST_DAYS:
        raise ArgumentTypeError(f"must be a whole number from 1 to {LONGEST_DAYS}")
    return int(value)


def named(value: str) -> str:
    """Return the argument. Raises ArgumentTypeError where it is blank.

    Otherwise a script's unset variable would count as an argument that was not given.
    """
    if not clean(value):
        raise ArgumentTypeError("must not be empty")
    return value


def problems_of(refusal: ValidationError) -> str:
    """Return the messages of a ValidationError, each after the name of its field."""
    if not hasattr(refusal, "error_dict"):
        return " ".join(refusal.messages)
    return " ".join(
        message if field == NON_FIELD_ERRORS else f"{field}: {message}"
        for field, messages in refusal.message_dict.items()
        for message in messages
    )
