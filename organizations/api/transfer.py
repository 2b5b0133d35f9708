"""A transfer passes on what a deactivated or former member owns."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe, response_example
from organizations.api import examples
from organizations.api.bodies import (
    BY_TYPE,
    NOT_A_STRING,
    TO_DEPARTMENT,
    TO_USER,
    ConfirmationSerializer,
    TransferTargetSerializer,
    require_target,
)
from organizations.api.view import OrganizationView
from organizations.exceptions import UserIsActiveError
from organizations.guards.acts import TRANSFER
from organizations.transfer.service import TransferOutcome, transfer_resources
from users.api_view import AuthenticatedRequest


class TransferSerializer(ConfirmationSerializer, TransferTargetSerializer):
    """The body of a transfer."""

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        """Require a target of a confirmed body: an empty one lacks its confirmation first."""
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
    request_examples={
        "To a department": {"confirm": True, TO_DEPARTMENT: examples.DEPARTMENT_ID},
        "To a person": {"confirm": True, TO_USER: examples.HEIR_ID},
        "Of one type": {"confirm": True, BY_TYPE: {"document": examples.HEIR_ID}},
    },
    examples=[response_example({"resource_count": 12}, name="Passed on")],
    responses={200: TransferOutcomeSerializer},
    invalid={TO_DEPARTMENT: NOT_A_STRING},
    refusals=[
        examples.CONFIRMATION_REQUIRED,
        examples.USER_NOT_FOUND,
        UserIsActiveError({"user_id": examples.USER_ID}),
        *examples.TARGETS_NOT_FOUND,
    ],
)


class TransferView(OrganizationView):
    """The resources of a deactivated or former member (members: transfer-resources)."""

    act = TRANSFER

    @describe_transfer
    def post(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        body = self.read_body(TransferSerializer, context={"user_id": user_id})
        [outcome] = transfer_resources(
            organization_id,
            [user_id],
            transfer_to=body.targets,
            caller=self.caller_with_reason(body),
        )
        if outcome.refusal:
            raise body.explain(outcome.refusal)
        return Response(TransferOutcomeSerializer(outcome).data)
