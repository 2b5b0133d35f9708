"""The message that refuses a value which is not one of a few, and names these."""

from collections.abc import Iterable


def must_be_one_of(choices: Iterable[str], value: object = None) -> str:
    """Return the message for a value that is none of the choices; it names the value, if given."""
    *others, last = choices
    known = f"{', '.join(others)} or {last}" if others else last
    return f"Must be {known}." if value is None else f'Must be {known}, not "{value}".'
