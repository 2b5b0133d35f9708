"""A cursor of a list is opaque text: base64 for addresses, without padding."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

_TEXT = re.compile(r"[A-Za-z0-9_-]{1,200}")


def text_of(content: str) -> str:
    """Return the text for a content, which is ASCII."""
    return urlsafe_b64encode(content.encode()).decode().rstrip("=")


def content_of(text: str) -> str:
    """Return the content that `text_of` made this text of. Raises ValueError for any other."""
    if _TEXT.fullmatch(text):
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        if text_of(content) == text:
            return content
    raise ValueError("no text of a cursor")
