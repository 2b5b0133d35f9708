"""Characters that nobody can see, and cells as a spreadsheet reads them."""

import pytest

from config.characters import clean, neutralized, with_controls_escaped, without_guard


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u00ad", "\ufeff", "\u2060", "\u00a0", "\u200d", "\ufe0f", "\u3164", "\0"]
)
def test_what_nobody_can_see_is_left_out(unseen: str) -> None:
    assert clean(f"{unseen}mia@acme.example{unseen}") == "mia@acme.example"


def test_what_can_be_seen_stays() -> None:
    assert clean(" \u00c4nne  Li\n") == "\u00c4nne  Li"


@pytest.mark.parametrize("first", "=+-@\t\r\n＝＋－＠")  # noqa: RUF001 (meant so)
def test_what_would_be_a_formula_is_text(first: str) -> None:
    assert neutralized(f"{first}1+1") == f"'{first}1+1"
    assert without_guard(f"'{first}1+1") == f"{first}1+1"


@pytest.mark.parametrize("text", ["", "Left", "usr_abc123", "a=b", "'=1", " =1", "2025-12-22"])
def test_all_else_stays_as_it_is(text: str) -> None:
    assert neutralized(text) == text


def test_what_a_terminal_could_take_for_a_command_is_escaped_and_all_else_stays() -> None:
    assert with_controls_escaped("\x1b[2J\r\x9b") == "\\x1b[2J\\r\\x9b"
    assert with_controls_escaped("\u00a0\u200b\u202eb\tc\n") == "\u00a0\u200b\u202eb\tc\n"
