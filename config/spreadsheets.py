"""Protects readers of CSV files from cells that a spreadsheet would run as formulas."""

# Beginnings of a cell that some spreadsheet takes for a formula, full-width characters included.
_BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 (meant so)


def neutralized(text: str) -> str:
    """Return the text, after an apostrophe if a spreadsheet could take it for a formula."""
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text
