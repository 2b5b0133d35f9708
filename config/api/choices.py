"""The error message for a value that is none of the allowed choices."""

from collections.abc import Iterable


def must_be_one_of(choices: Iterable[str], value: object = None) -> str:
    """Return a message that names the choices, and the value if it is given."""
    *others, last = choices
    allowed = f"{', '.join(others)} or {last}" if others else last
    return f"Must be {allowed}." if value is None else f'Must be {allowed}, not "{value}".'
