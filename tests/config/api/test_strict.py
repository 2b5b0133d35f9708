"""Fields that take a body literally."""

import pytest
from rest_framework.exceptions import ValidationError

from config.api.strict import IdField, StrictChoiceField, StrictChoicesField, StrictStringField


@pytest.mark.parametrize("field", [StrictStringField(), IdField()])
@pytest.mark.parametrize("value", [7, 1.5, True, [], {}, None])
def test_what_is_no_string_is_refused(field: StrictStringField, value: object) -> None:
    with pytest.raises(ValidationError):
        field.run_validation(value)


def test_a_string_stays_as_it_is() -> None:
    assert StrictStringField().run_validation("  as it is\n") == "  as it is\n"


@pytest.mark.parametrize("value", ["", "a\0b", "x" * 11])
def test_a_text_is_validated_as_any(value: str) -> None:
    with pytest.raises(ValidationError):
        StrictStringField(max_length=10).run_validation(value)


@pytest.mark.parametrize("value", ["", "dept_\0", "x" * 100, "dept_1"])
def test_an_id_of_any_form_is_left_to_the_look_up(value: str) -> None:
    assert IdField().run_validation(value) == value


COLOURS = (("red", "Red"), ("green", "Green"), ("blue", "Blue"))


def messages_of(field: StrictChoiceField | StrictChoicesField, value: object) -> str:
    with pytest.raises(ValidationError) as refused:
        field.run_validation(value)
    return str(refused.value.detail)


@pytest.mark.parametrize("value", ["Red", "violet", 7, True, ["red"]], ids=str)
def test_what_is_no_choice_is_told_the_choices(value: object) -> None:
    refused = messages_of(StrictChoiceField(COLOURS), value)

    assert f'Must be red, green or blue, not "{value}".' in refused.replace("\\'", "'")


def test_what_is_no_choice_in_a_list_is_told_the_choices() -> None:
    field = StrictChoicesField(COLOURS)

    assert field.run_validation(["blue", "red"]) == ["blue", "red"]
    assert 'Must be red, green or blue, not "violet".' in messages_of(field, ["red", "violet"])


def test_a_list_of_choices_is_no_longer_than_there_are() -> None:
    assert "no more than 3" in messages_of(StrictChoicesField(COLOURS), ["violet"] * 4)
