"""What the API answers instead of doing something."""

from typing import Any


def refusal(response: Any) -> tuple[int, str]:
    """Return the status and the code of an error."""
    return response.status_code, response.json()["error"]["code"]
