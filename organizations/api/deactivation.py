"""A deactivation suspends a member, and a reactivation lets them back."""

from typing import Any

from rest_framework.response import Response

from config.api.openapi import EXAMPLE_TIME, describe
from config.timestamps import in_whole_seconds
from organizations.api import examples
from organizations.api.bodies import (
    BY_TYPE,
    NOT_A_STRING,
    TO_DEPARTMENT,
    TO_USER,
    ReasonSerializer,
    TransferTargetSerializer,
    require_target,
)
from organizations.api.user import UserSerializer, find_user, user_example
from organizations.api.view import OrganizationView
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.exceptions import (
    CannotDeactivateYourselfError,
    LastOwnerCannotBeDeactivatedError,
    UserAlreadyDeactivatedError,
    UserNotDeactivatedError,
)
from organizations.guards.acts import DEACTIVATE
from users.api_view import AuthenticatedRequest


class DeactivationSerializer(TransferTargetSerializer):
    """The body of a deactivation."""

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        require_target(body)
        return super().validate(body)


class ReactivationSerializer(ReasonSerializer):
    """The body of a reactivation."""


describe_deactivation = describe(
    operation_id="deactivateUser",
    summary="Deactivate user",
    description=(
        "Suspends a member: from then on the organization is closed to them, and they do not count"
        " as an owner. Roles and departments stay theirs, without effect. What they own in the"
        " organization passes to a department or to an active member, or by type: at least one"
        " target.\n\n"
        "Takes the capability `deactivate_users`. Nobody deactivates themself, or a member who"
        " holds a capability that they do not hold. An active owner remains. Whoever lost the"
        " first answer learns from the second, by `deactivated_at`, that it was done."
    ),
    request=DeactivationSerializer,
    request_examples={
        "To a department": {TO_DEPARTMENT: examples.DEPARTMENT_ID},
        "To a person": {TO_USER: examples.HEIR_ID, "reason": "Parental leave"},
        "By type": {BY_TYPE: {"repository": examples.HEIR_ID, "document": examples.DEPARTMENT_ID}},
    },
    examples=[
        user_example(account_state="deactivated", deactivated_at=in_whole_seconds(EXAMPLE_TIME))
    ],
    responses={200: UserSerializer},
    invalid={TO_DEPARTMENT: NOT_A_STRING},
    refusals=[
        examples.USER_NOT_FOUND,
        CannotDeactivateYourselfError({"user_id": examples.USER_ID}),
        UserAlreadyDeactivatedError(
            {"user_id": examples.USER_ID, "deactivated_at": in_whole_seconds(EXAMPLE_TIME)}
        ),
        LastOwnerCannotBeDeactivatedError(examples.LAST_OWNER),
        *examples.TARGETS_NOT_FOUND,
    ],
)

describe_reactivation = describe(
    operation_id="reactivateUser",
    summary="Reactivate user",
    description=(
        "Lets a deactivated member back: their roles and departments have effect again. Resources"
        " that passed on do not come back.\n\n"
        "Takes the capability `deactivate_users`, and every capability that the user's roles grant."
        " No body is needed. Whoever lost the first answer learns from the second, by"
        " `reactivated_at`, that it was done."
    ),
    request=ReactivationSerializer,
    request_examples={"Without a reason": {}, "With a reason": {"reason": "Back from leave"}},
    examples=[user_example()],
    responses={200: UserSerializer},
    invalid={"reason": NOT_A_STRING},
    refusals=[
        examples.USER_NOT_FOUND,
        UserNotDeactivatedError(
            {"user_id": examples.USER_ID, "reactivated_at": in_whole_seconds(EXAMPLE_TIME)}
        ),
    ],
)


class DeactivationView(OrganizationView):
    """The deactivation of a user (members: deactivate)."""

    act = DEACTIVATE

    @describe_deactivation
    def post(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        if self.caller.is_about_self(user_id):
            raise CannotDeactivateYourselfError({"user_id": user_id})
        body = self.read_body(DeactivationSerializer)
        [outcome] = deactivate_members(
            organization_id,
            [user_id],
            transfer_to=body.targets,
            caller=self.caller_with_reason(body),
        )
        if outcome.refusal:
            raise body.explain(outcome.refusal)
        return Response(UserSerializer(find_user(organization_id, user_id)).data)


class ReactivationView(OrganizationView):
    """The reactivation of a user (members: reactivate)."""

    act = DEACTIVATE

    @describe_reactivation
    def post(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        body = self.read_body(ReactivationSerializer)
        [outcome] = reactivate_members(
            organization_id, [user_id], caller=self.caller_with_reason(body)
        )
        if outcome.refusal:
            raise outcome.refusal
        return Response(UserSerializer(find_user(organization_id, user_id)).data)
