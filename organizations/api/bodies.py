"""Bodies of several requests share the reason and the target of resources."""

from typing import Any

from rest_framework import serializers

from config.api.strict import IdField, StrictSerializer, StrictStringField
from config.errors import ContractError
from organizations.exceptions import DepartmentNotFoundError, TransferUserNotFoundError
from organizations.guards.caller import LONGEST_REASON
from organizations.guards.targets import heir_of

TO_DEPARTMENT = "transfer_resources_to_department_id"
TO_USER = "transfer_resources_to_user_id"
NOT_A_STRING = "Not a valid string."  # an example of what makes a body a VALIDATION_ERROR
TARGET_NOT_FOUND = (DepartmentNotFoundError, TransferUserNotFoundError)


class ReasonSerializer(StrictSerializer):
    """The body of a request for a change, which can give a reason."""

    reason = StrictStringField(
        required=False,
        allow_blank=True,
        default="",
        max_length=LONGEST_REASON,
        help_text="Why. It stays on the record, until an erasure empties it.",
    )


class TransferTargetSerializer(ReasonSerializer):
    """The body of a request that can name the department or the person who takes over."""

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

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        if None not in (body[TO_DEPARTMENT], body[TO_USER]):
            raise _refuse_targets("Name a department or a user, not both.")
        return body

    @property
    def transfer_to(self) -> str | None:
        """Return the target for the services; an id of another kind than the field's is unknown."""
        department, heir = self.validated_data[TO_DEPARTMENT], self.validated_data[TO_USER]
        if heir is not None:
            return heir_of(heir) or ""
        return "" if heir_of(department) else department

    def explain(self, refusal: ContractError) -> ContractError:
        """Return the refusal; a target not found is named by the field that asked for it."""
        if not isinstance(refusal, TARGET_NOT_FOUND):
            return refusal
        department, heir = self.validated_data[TO_DEPARTMENT], self.validated_data[TO_USER]
        if heir is not None:
            return TransferUserNotFoundError({"user_id": heir})
        return DepartmentNotFoundError({"department_id": department})


def require_target(body: dict[str, Any]) -> None:
    """Raise ValidationError for a body without a target."""
    if body[TO_DEPARTMENT] is None and body[TO_USER] is None:
        raise _refuse_targets("Name a department or a user.")


def _refuse_targets(message: str) -> serializers.ValidationError:
    """Return the error for both targets."""
    return serializers.ValidationError({TO_DEPARTMENT: [message], TO_USER: [message]})
