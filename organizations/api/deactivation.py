"""A deactivation suspends a member, and a reactivation lets them back."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.response import Response

from config.api.openapi import EXAMPLE_TIME, describe
from config.timestamps import in_whole_seconds
from organizations.api.bodies import (
    BY_TYPE,
    NOT_A_STRING,
    TO_DEPARTMENT,
    TO_USER,
    ReasonSerializer,
    TransferTargetSerializer,
    require_target,
)
from organizations.api.examples import (
    DEPARTMENT_ID,
    HEIR_ID,
    LAST_OWNER,
    TARGETS_NOT_FOUND,
    USER_ID,
    USER_NOT_FOUND,
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
from organizations.guards.caller import Caller
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
    examples=[
        OpenApiExample("To a department", value={TO_DEPARTMENT: DEPARTMENT_ID}, request_only=True),
        OpenApiExample(
            "To a person", value={TO_USER: HEIR_ID, "reason": "Parental leave"}, request_only=True
        ),
        OpenApiExample(
            "By type",
            value={BY_TYPE: {"repository": HEIR_ID, "document": DEPARTMENT_ID}},
            request_only=True,
        ),
        user_example(account_state="deactivated", deactivated_at=in_whole_seconds(EXAMPLE_TIME)),
    ],
    responses={200: UserSerializer},
    invalid={TO_DEPARTMENT: NOT_A_STRING},
    refusals=[
        USER_NOT_FOUND,
        CannotDeactivateYourselfError({"user_id": USER_ID}),
        UserAlreadyDeactivatedError(
            {"user_id": USER_ID, "deactivated_at": in_whole_seconds(EXAMPLE_TIME)}
        ),
        LastOwnerCannotBeDeactivatedError(LAST_OWNER),
        *TARGETS_NOT_FOUND,
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
    examples=[
        OpenApiExample("Without a reason", value={}, request_only=True),
        OpenApiExample("With a reason", value={"reason": "Back from leave"}, request_only=True),
        user_example(),
    ],
    responses={200: UserSerializer},
    invalid={"reason": NOT_A_STRING},
    refusals=[
        USER_NOT_FOUND,
        UserNotDeactivatedError(
            {"user_id": USER_ID, "reactivated_at": in_whole_seconds(EXAMPLE_TIME)}
        ),
    ],
)


class DeactivationView(OrganizationView):
    """The deactivation of a user (members: deactivate)."""

    act = DEACTIVATE

    @describe_deactivation
    def post(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        if Caller.of(request).is_about_self(user_id):
            raise CannotDeactivateYourselfError({"user_id": user_id})
        body = self.read_body(DeactivationSerializer)
        [outcome] = deactivate_members(
            organization_id,
            [user_id],
            transfer_to=body.targets,
            caller=Caller.of(request, reason=body.validated_data["reason"]),
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
            organization_id,
            [user_id],
            caller=Caller.of(request, reason=body.validated_data["reason"]),
        )
        if outcome.refusal:
            raise outcome.refusal
        return Response(UserSerializer(find_user(organization_id, user_id)).data)
