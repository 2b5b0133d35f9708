"""Cursors of lists are opaque text: URL-safe base64 without padding."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

_TEXT = re.compile(r"[A-Za-z0-9_-]{1,200}")


def text_of(content: str) -> str:
    """Return the text of a content, which must be ASCII."""
    return urlsafe_b64encode(content.encode()).decode().rstrip("=")


def content_of(text: str) -> str:
    """Return the content of a text that `text_of` made. Raises ValueError for any other text."""
    if _TEXT.fullmatch(text):
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        if text_of(content) == text:
            return content
    raise ValueError("no text of a cursor")
