"""Cells that a spreadsheet takes for text, whoever wrote what is in them."""

# What a cell begins with that is a formula to some spreadsheet, the full-width forms to some, too.
_BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 (meant so)


def neutralized(text: str) -> str:
    """Return the text with an apostrophe before what would else be computed."""
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text
