"""The text of a cursor stands for one content, and every other text for none."""

import pytest

from config.api.cursors import content_of, text_of


@pytest.mark.parametrize("content", ["1", "12", "123", "1767024600000000.tsk_1?>"])
def test_a_text_gives_its_content_back(content: str) -> None:
    assert content_of(text_of(content)) == content


@pytest.mark.parametrize(
    "text", ["", "x", "MR", "MQ==", "MQ\n", "M Q", "_w", "x" * 5000, "\x00", "M\u00e4"]
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (its family, too: not ASCII, cut)
        content_of(text)
