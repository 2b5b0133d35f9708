"""The parts that several request bodies share: reason, confirmation and targets of resources."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.openapi import ecma_pattern
from config.api.strict import IdField, StrictBooleanField, StrictSerializer, StrictStringField
from config.errors import ContractError
from config.identifiers import id_pattern
from organizations.exceptions import (
    ConfirmationRequiredError,
    DepartmentNotFoundError,
    TransferUserNotFoundError,
)
from organizations.guards.caller import LONGEST_REASON
from organizations.guards.transfer_targets import (
    MOST_TARGETS,
    TARGET_NOT_FOUND,
    Targets,
    heir_of,
    is_target,
    is_type,
)
from organizations.models.resource_type import SLUG

TO_DEPARTMENT = "transfer_resources_to_department_id"
TO_USER = "transfer_resources_to_user_id"
BY_TYPE = "transfer_resources_by_type"
TYPE_PATTERN = ecma_pattern(SLUG)
NOT_A_STRING = "Not a valid string."  # an example of what makes a body a VALIDATION_ERROR


class ReasonSerializer(StrictSerializer):
    """The body of a request for a change, which can give a reason."""

    reason = StrictStringField(
        required=False,
        allow_blank=True,
        default="",
        max_length=LONGEST_REASON,
        help_text="Why. It stays on the record, until an erasure empties it.",
    )


class ConfirmationSerializer(StrictSerializer):
    """The body of a request that is done only if it is confirmed."""

    confirm = StrictBooleanField(
        default=False,
        help_text="Must be the JSON value `true`; anything else but `false` is a VALIDATION_ERROR.",
    )

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the fields of a confirmed body.

        Raises ConfirmationRequiredError, with the context as its details, if nothing is wrong but
        that the confirmation, and perhaps other fields, are missing; ValidationError otherwise.
        """
        try:
            body = super().run_validation(data)
        except serializers.ValidationError as error:
            codes: Any = error.get_codes()
            if data.get("confirm") or any(each != ["required"] for each in codes.values()):
                raise
        else:
            if body["confirm"]:
                return body
        raise ConfirmationRequiredError(self.context)


TARGETS_BY_TYPE = {
    "type": "object",
    "additionalProperties": {"type": "string", "pattern": ecma_pattern(id_pattern("dept", "usr"))},
    "propertyNames": {"pattern": TYPE_PATTERN},
    "maxProperties": MOST_TARGETS,
}


@extend_schema_field(TARGETS_BY_TYPE)
class TargetsByTypeField(serializers.Field[dict[str, str], object, dict[str, str], object]):
    """The target of each type of resources: the id of a department or a user."""

    default_error_messages = {  # noqa: RUF012 (as in DRF)
        "not_an_object": "Must be an object of types and the ids of their targets.",
        "too_many": f"At most {MOST_TARGETS} types can be named.",
        "not_a_type": "{name}: no resource can be of this type.",
        "not_a_target": "{name}: must be the id of a department or of a user.",
    }

    def to_internal_value(self, data: object) -> dict[str, str]:
        """Return the ids by type. Raises ValidationError that names every wrong type and id."""
        if not isinstance(data, dict):
            self.fail("not_an_object")
        if len(data) > MOST_TARGETS:
            self.fail("too_many")
        wrong = {name: "not_a_type" for name in data if not is_type(name)} | {
            name: "not_a_target"
            for name, target in data.items()
            if is_type(name) and not is_target(target)
        }
        if wrong:
            raise serializers.ValidationError(
                [self.error_messages[code].format(name=name) for name, code in wrong.items()]
            )
        return data

    def to_representation(self, value: dict[str, str]) -> dict[str, str]:
        return value


class TransferTargetSerializer(ReasonSerializer):
    """The body of a request that can name the departments and persons who take over."""

    transfer_resources_to_department_id = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="A department of this organization that takes over what the user owns in it.",
    )
    transfer_resources_to_user_id = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="An active member who takes it over instead. Not with a department.",
    )
    transfer_resources_by_type = TargetsByTypeField(
        required=False,
        default=dict,
        help_text=(
            "The target of each type of resources: the id of a department or of an active member."
            " Types that are not named pass to the department or the user, and without either stay"
            " the user's."
        ),
    )

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        if None not in (body[TO_DEPARTMENT], body[TO_USER]):
            wrong = ["Name a department or a user, not both."]
            raise serializers.ValidationError({TO_DEPARTMENT: wrong, TO_USER: wrong})
        return body

    @property
    def targets(self) -> Targets:
        """Return the targets for services; an id of the wrong kind becomes "", found nowhere."""
        department, heir = self.validated_data[TO_DEPARTMENT], self.validated_data[TO_USER]
        if heir is not None:
            default = heir_of(heir) or ""
        else:
            default = "" if heir_of(department) else department
        return Targets(default, self.validated_data[BY_TYPE])

    def explain(self, refusal: ContractError) -> ContractError:
        """Return the refusal; for a default target that is not found, the error of its field."""
        if not isinstance(refusal, TARGET_NOT_FOUND) or "type" in refusal.details:
            return refusal
        department, heir = self.validated_data[TO_DEPARTMENT], self.validated_data[TO_USER]
        if heir is not None:
            return TransferUserNotFoundError({"user_id": heir})
        return DepartmentNotFoundError({"department_id": department})


def require_target(body: dict[str, Any]) -> None:
    """Raise ValidationError for a body without a target."""
    if body[TO_DEPARTMENT] is None and body[TO_USER] is None and not body[BY_TYPE]:
        wrong = ["Name a department, a user, or targets by type."]
        raise serializers.ValidationError({TO_DEPARTMENT: wrong, TO_USER: wrong, BY_TYPE: wrong})
