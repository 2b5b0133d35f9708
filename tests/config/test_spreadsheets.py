"""Cells as a spreadsheet reads them."""

import pytest

from config.spreadsheets import neutralized


@pytest.mark.parametrize("first", "=+-@\t\r\n＝＋－＠")  # noqa: RUF001 (meant so)
def test_what_would_be_a_formula_is_text(first: str) -> None:
    assert neutralized(f"{first}1+1") == f"'{first}1+1"


@pytest.mark.parametrize("text", ["", "Left", "usr_abc123", "a=b", "'=1", " =1", "2025-12-22"])
def test_all_else_stays_as_it_is(text: str) -> None:
    assert neutralized(text) == text
