"""Bodies that are taken literally: a destructive call is not coerced, and nothing in it is lost."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class StrictBooleanField(serializers.BooleanField):
    """The JSON values ``true`` and ``false``, and nothing that resembles them."""

    default_error_messages = {"invalid": "Must be true or false."}  # noqa: RUF012 (as in DRF)

    def to_internal_value(self, data: object) -> bool:
        """Return the value; raises ValidationError for any other type."""
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


@extend_schema_field(str)
class StrictStringField(serializers.Field[str, str, str, Any]):
    """A JSON string, as it is."""

    default_error_messages = {"invalid": "Must be a string."}  # noqa: RUF012 (as in DRF)

    def to_internal_value(self, data: object) -> str:
        """Return the value; raises ValidationError for any other type."""
        if not isinstance(data, str):
            self.fail("invalid")
        return data

    def to_representation(self, value: str) -> str:
        """Return the value."""
        return value


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
