"""What nobody can see."""

import pytest

from config.characters import clean


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u00ad", "\ufeff", "\u2060", "\u00a0", "\u200d", "\ufe0f", "\u3164", "\0"]
)
def test_what_nobody_can_see_is_left_out(unseen: str) -> None:
    assert clean(f"{unseen}mia@acme.example{unseen}") == "mia@acme.example"


def test_what_can_be_seen_stays() -> None:
    assert clean(" \u00c4nne  Li\n") == "\u00c4nne  Li"
