"""Fields and bodies that coerce nothing and refuse unknown fields."""

from typing import Any, cast

from rest_framework import serializers


class StrictBooleanField(serializers.BooleanField):
    """The JSON values ``true`` and ``false``, and nothing that resembles them."""

    default_error_messages = {"invalid": "Must be true or false."}  # noqa: RUF012 (as in DRF)

    def to_internal_value(self, data: object) -> bool:
        """Return the value; raises ValidationError for any other type."""
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class StrictStringField(serializers.CharField):
    """A JSON string, as it is: no number becomes one, and no space is lost."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: object) -> str:
        """Return the value; raises ValidationError for any other type."""
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class IdField(StrictStringField):
    """An id in a body: any string, since a malformed id is a 404 as an unknown one is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, **options)

    def run_validators(self, value: object) -> None:
        """Return the value as it is (contract: Errors)."""


class StrictSerializer(serializers.Serializer[Any]):
    """A body that refuses fields it does not know: a misspelt one must not be lost in silence."""

    def to_internal_value(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the known fields; raises ValidationError that names every wrong one."""
        wrong = {name: ["This field is not known."] for name in data if name not in self.fields}
        try:
            known: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as error:
            detail = cast("dict[str, Any]", error.detail)
            raise serializers.ValidationError({**detail, **wrong}) from error
        if wrong:
            raise serializers.ValidationError(wrong)
        return known
