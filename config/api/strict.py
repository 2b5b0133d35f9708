"""These serializers and fields coerce no values and refuse unknown fields."""

from collections.abc import Sequence
from typing import Any, cast

from rest_framework import serializers

from config.api.choices import must_be_one_of
from config.characters import clean


class StrictBooleanField(serializers.BooleanField):
    """Accepts the JSON values ``true`` and ``false`` only, no strings or numbers."""

    default_error_messages = {"invalid": "Must be true or false."}  # noqa: RUF012 (as in DRF)

    def to_internal_value(self, data: object) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class StrictIntegerField(serializers.IntegerField):
    """Accepts a whole JSON number only, no strings, halves or booleans."""

    def to_internal_value(self, data: object) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class StrictStringField(serializers.CharField):
    """Accepts a JSON string only, and keeps its spaces."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class StrictNameField(StrictStringField):
    """Accepts a name, and leaves out the blanks around it and its invisible characters."""

    default_error_messages = {"invisible": "A name has visible characters."}  # noqa: RUF012 (as in DRF)

    def run_validation(self, data: Any = serializers.empty) -> str:
        name = clean(super().run_validation(data))
        if not name:
            self.fail("invisible")
        return name


class StrictChoiceField(serializers.ChoiceField):
    """Accepts one of the choices as a JSON string; its refusal names them."""

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str) or data not in self.choices:
            raise serializers.ValidationError(
                must_be_one_of(self.choices, data), code="invalid_choice"
            )
        return data


class IdField(StrictStringField):
    """An id in a body: any string, since a malformed id is a 404 just like an unknown one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, **options)

    def run_validators(self, value: object) -> None:
        """Validate nothing: the service answers 404 (contract: Errors)."""


class StrictListField(serializers.ListField):
    """A list whose length is checked first: the errors of a million entries take a minute."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list):
            self.run_validators(data)
        entries: list[Any] = super().to_internal_value(data)
        return entries


class StrictChoicesField(StrictListField):
    """A list of choices, with no more entries than there are choices."""

    def __init__(self, choices: Sequence[Any], **options: Any) -> None:
        super().__init__(child=StrictChoiceField(choices), max_length=len(choices), **options)


class StrictSerializer(serializers.Serializer[Any]):
    """A body that refuses unknown fields, so that a misspelt one is not silently ignored."""

    def to_internal_value(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the known fields. Raises ValidationError that names every wrong field."""
        wrong = {name: ["This field is not known."] for name in data if name not in self.fields}
        try:
            known: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as error:
            detail = cast("dict[str, Any]", error.detail)
            raise serializers.ValidationError({**detail, **wrong}) from error
        if wrong:
            raise serializers.ValidationError(wrong)
        return known
