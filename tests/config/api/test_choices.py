"""What is none of a few known values is told these."""

import pytest

from config.api.choices import must_be_one_of


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (("me",), "Must be me."),
        (("asc", "desc"), "Must be asc or desc."),
        (("open", "done", "failed"), "Must be open, done or failed."),
    ],
)
def test_the_choices_are_named_as_in_a_sentence(choices: tuple[str, ...], message: str) -> None:
    assert must_be_one_of(choices) == message


def test_the_value_is_named_too() -> None:
    assert must_be_one_of(("asc", "desc"), "") == 'Must be asc or desc, not "".'
