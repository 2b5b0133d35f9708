"""What an admin page says."""

from typing import Any

from django.http import HttpResponse


def text_of(response: Any) -> str:
    """Return the HTML of a page with each run of white space as one space."""
    return " ".join(HttpResponse.getvalue(response).decode().split())
