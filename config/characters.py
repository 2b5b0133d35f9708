"""Cleans text of invisible characters, and escapes it for terminals and spreadsheets."""

import re
from unicodedata import normalize

# Characters without a shape: Unicode's Default_Ignorable_Code_Point and the blank Braille pattern.
# And NUL, which PostgreSQL cannot store.
_INVISIBLE = re.compile(
    "[\0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    """Return the text in NFC, stripped, and without invisible characters.

    Surrogates are escaped, as in a command's argument that was typed in a Latin-1 terminal.
    """
    if not (text.isascii() and text.isprintable()):
        text = text.encode("utf-8", "backslashreplace").decode()
        text = normalize("NFC", _INVISIBLE.sub("", text))
    return text.strip()


def printable(text: str) -> str:
    """Return the text with every unprintable character escaped, except line ends."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else escaped(c) for c in text)


def with_controls_escaped(text: str) -> str:
    """Return the text with control characters escaped, except tabs and line ends.

    No terminal takes it for a command, and all else stays, so that whoever reads it again finds
    what was written.
    """
    return _TERMINAL_CONTROL.sub(lambda found: escaped(found[0]), text)


def escaped(text: str) -> str:
    """Return the text with everything but printable ASCII escaped, so that look-alikes show."""
    return text.encode("ascii", "backslashreplace").decode().translate(_CONTROLS)


_TERMINAL_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), 127)}


# Beginnings of a cell that some spreadsheet takes for a formula, full-width characters included.
_BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 (meant so)


def neutralized(text: str) -> str:
    """Return the text, after an apostrophe if a spreadsheet could take it for a formula."""
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text


def without_guard(text: str) -> str:
    """Return the text without the apostrophe that keeps a spreadsheet from reading a formula."""
    return text[1:] if text.startswith(_GUARDED) else text


_GUARDED = tuple(f"'{first}" for first in _BEGINS_FORMULA)
