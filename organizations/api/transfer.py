"""Whom resources pass to, in the bodies that can say so; and passing them on by itself."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import error_responses
from config.api.strict import (
    IdField,
    StrictBooleanField,
    StrictSerializer,
    StrictStringField,
)
from config.errors import ContractError
from organizations.api.description import (
    TARGETS_NOT_FOUND,
    USER_NOT_FOUND,
    of_user,
    refused_callers,
    unreadable_bodies,
)
from organizations.capabilities import Capability
from organizations.exceptions import (
    ConfirmationRequiredError,
    DepartmentNotFoundError,
    TransferUserNotFoundError,
    UserIsActiveError,
)
from organizations.guards.acts import TRANSFER
from organizations.guards.caller import LONGEST_REASON, Caller
from organizations.guards.targets import heir_of
from organizations.sample import DEPARTMENT_ID, HEIR_ID, LEAVER_ID
from organizations.transfer.service import TransferOutcome, transfer_resources
from users.api_view import ApiView, AuthenticatedRequest

TO_DEPARTMENT = "transfer_resources_to_department_id"
TO_USER = "transfer_resources_to_user_id"
TARGET_NOT_FOUND = (DepartmentNotFoundError, TransferUserNotFoundError)


class ReasonSerializer(StrictSerializer):
    """What every change can be asked with."""

    reason = StrictStringField(
        required=False,
        allow_blank=True,
        default="",
        max_length=LONGEST_REASON,
        help_text="Why. It stays on the record, until an erasure empties it.",
    )


class TransferTargetSerializer(ReasonSerializer):
    """What is asked with the department or the person to whom resources pass."""

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
        """Refuse two targets."""
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
    """Return what is wrong with both targets."""
    return serializers.ValidationError({TO_DEPARTMENT: [message], TO_USER: [message]})


class TransferSerializer(TransferTargetSerializer):
    """The body of a transfer."""

    confirm = StrictBooleanField(default=False, help_text="Must be the JSON value `true`.")

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        """Require a target, once it is confirmed: an empty body is one that does not confirm."""
        body = super().validate(body)
        if body["confirm"]:
            require_target(body)
        return body


class TransferOutcomeSerializer(serializers.Serializer[TransferOutcome]):
    """The answer of a transfer."""

    resource_count = serializers.IntegerField(help_text="How many resources passed on.")


describe_transfer = extend_schema(
    operation_id="transferResources",
    summary="Transfer resources",
    tags=["Users"],
    description=(
        "Passes on what a deactivated or former member owns in the organization, to a department or"
        " to an active member: exactly one of the two. Nothing to pass on is no error.\n\n"
        "Takes the capability `remove_users`. Of a former member the roles in the record of the"
        " removal count as theirs; a user whose removal the caller may not know is not found."
    ),
    parameters=of_user(),
    request=TransferSerializer,
    examples=[
        OpenApiExample(
            "To a department",
            value={"confirm": True, TO_DEPARTMENT: DEPARTMENT_ID},
            request_only=True,
        ),
        OpenApiExample("To a person", value={"confirm": True, TO_USER: HEIR_ID}, request_only=True),
        OpenApiExample("Passed on", value={"resource_count": 12}, response_only=True),
    ],
    responses={
        200: TransferOutcomeSerializer,
        **error_responses(
            *refused_callers(Capability.REMOVE_USERS),
            *unreadable_bodies(TO_DEPARTMENT),
            ConfirmationRequiredError({"user_id": LEAVER_ID}),
            USER_NOT_FOUND,
            UserIsActiveError({"user_id": LEAVER_ID}),
            *TARGETS_NOT_FOUND,
        ),
    },
)


class TransferView(ApiView):
    """The resources of a deactivated or former member."""

    @describe_transfer
    def post(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        """Transfer the resources (members: transfer-resources)."""
        Caller.of(request).authority(organization_id, TRANSFER)
        body = TransferSerializer(data=self.body_of(request))
        body.is_valid(raise_exception=True)
        if not body.validated_data["confirm"]:
            raise ConfirmationRequiredError({"user_id": user_id})
        [outcome] = transfer_resources(
            organization_id,
            [user_id],
            transfer_to=body.transfer_to or "",
            caller=Caller.of(request, reason=body.validated_data["reason"]),
        )
        if outcome.refusal:
            raise body.explain(outcome.refusal)
        return Response(TransferOutcomeSerializer(outcome).data)
