"""Invisible characters, and cells that a spreadsheet would take for formulas."""

import pytest

from config.characters import clean, neutralized, with_controls_escaped, without_guard


@pytest.mark.parametrize(
    "invisible",
    ["\u200b", "\u00ad", "\ufeff", "\u2060", "\u00a0", "\u200d", "\ufe0f", "\u3164", "\0"],
)
def test_invisible_characters_are_removed(invisible: str) -> None:
    assert clean(f"{invisible}mia@acme.example{invisible}") == "mia@acme.example"


def test_visible_characters_stay() -> None:
    assert clean(" \u00c4nne  Li\n") == "\u00c4nne  Li"


@pytest.mark.parametrize("first", "=+-@\t\r\n＝＋－＠")  # noqa: RUF001 (meant so)
def test_a_formula_becomes_text_and_back(first: str) -> None:
    assert neutralized(f"{first}1+1") == f"'{first}1+1"
    assert without_guard(f"'{first}1+1") == f"{first}1+1"


@pytest.mark.parametrize("text", ["", "Left", "usr_abc123", "a=b", "'=1", " =1", "2025-12-22"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutralized(text) == text


def test_terminal_controls_are_escaped_and_other_characters_stay() -> None:
    assert with_controls_escaped("\x1b[2J\r\x9b") == "\\x1b[2J\\r\\x9b"
    assert with_controls_escaped("\u00a0\u200b\u202eb\tc\n") == "\u00a0\u200b\u202eb\tc\n"
