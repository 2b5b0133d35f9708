"""What the API answers instead of doing something."""

from typing import Any


def refusal(response: Any) -> tuple[int, str]:
    """Return the status and the code of an error."""
    return response.status_code, response.json()["error"]["code"]


def invalid_fields(response: Any) -> set[str]:
    """Return the fields that a VALIDATION_ERROR names; raises AssertionError for another answer."""
    assert refusal(response) == (422, "VALIDATION_ERROR")
    return set(response.json()["error"]["details"])
