"""A transfer passes on what a deactivated or former member owns."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe
from organizations.api.bodies import (
    BY_TYPE,
    NOT_A_STRING,
    TO_DEPARTMENT,
    TO_USER,
    ConfirmationSerializer,
    TransferTargetSerializer,
    require_target,
)
from organizations.api.examples import (
    DEPARTMENT_ID,
    HEIR_ID,
    TARGETS_NOT_FOUND,
    USER_ID,
    USER_NOT_FOUND,
)
from organizations.api.view import OrganizationView
from organizations.exceptions import ConfirmationRequiredError, UserIsActiveError
from organizations.guards.acts import TRANSFER
from organizations.guards.caller import Caller
from organizations.transfer.service import TransferOutcome, transfer_resources
from users.api_view import AuthenticatedRequest


class TransferSerializer(ConfirmationSerializer, TransferTargetSerializer):
    """The body of a transfer."""

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        """Require a target, once it is confirmed: an empty body is one that does not confirm."""
        body = super().validate(body)
        if body["confirm"]:
            require_target(body)
        return body


class TransferOutcomeSerializer(serializers.Serializer[TransferOutcome]):
    """The answer of a transfer."""

    resource_count = serializers.IntegerField(help_text="How many resources passed on.")


describe_transfer = describe(
    operation_id="transferResources",
    summary="Transfer resources",
    description=(
        "Passes on what a deactivated or former member owns in the organization, to a department or"
        " to an active member, or by type: at least one target. Nothing to pass on is no error.\n\n"
        "Takes the capability `remove_users`. Of a former member the roles in the record of the"
        " removal count as theirs; a user whose removal the caller may not know is not found."
    ),
    request=TransferSerializer,
    examples=[
        OpenApiExample(
            "To a department",
            value={"confirm": True, TO_DEPARTMENT: DEPARTMENT_ID},
            request_only=True,
        ),
        OpenApiExample("To a person", value={"confirm": True, TO_USER: HEIR_ID}, request_only=True),
        OpenApiExample(
            "Of one type",
            value={"confirm": True, BY_TYPE: {"document": HEIR_ID}},
            request_only=True,
        ),
        OpenApiExample("Passed on", value={"resource_count": 12}, response_only=True),
    ],
    responses={200: TransferOutcomeSerializer},
    invalid={TO_DEPARTMENT: NOT_A_STRING},
    refusals=[
        ConfirmationRequiredError({"user_id": USER_ID}),
        USER_NOT_FOUND,
        UserIsActiveError({"user_id": USER_ID}),
        *TARGETS_NOT_FOUND,
    ],
)


class TransferView(OrganizationView):
    """The resources of a deactivated or former member (members: transfer-resources)."""

    act = TRANSFER

    @describe_transfer
    def post(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        body = self.read_body(TransferSerializer)
        if not body.validated_data["confirm"]:
            raise ConfirmationRequiredError({"user_id": user_id})
        [outcome] = transfer_resources(
            organization_id,
            [user_id],
            transfer_to=body.targets,
            caller=Caller.of(request, reason=body.validated_data["reason"]),
        )
        if outcome.refusal:
            raise body.explain(outcome.refusal)
        return Response(TransferOutcomeSerializer(outcome).data)
