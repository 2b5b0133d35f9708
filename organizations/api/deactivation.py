"""Deactivating and reactivating a user."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from config.api.openapi import EXAMPLE_TIME, error_responses
from config.timestamps import in_whole_seconds
from organizations.api.description import (
    TARGETS_NOT_FOUND,
    USER_NOT_FOUND,
    of_user,
    refused_callers,
    unreadable_bodies,
)
from organizations.api.transfer import (
    TO_DEPARTMENT,
    TO_USER,
    ReasonSerializer,
    TransferTargetSerializer,
    require_target,
)
from organizations.api.user import UserSerializer, find_user, user_example
from organizations.capabilities import Capability
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.exceptions import (
    CannotDeactivateYourselfError,
    LastOwnerCannotBeDeactivatedError,
    UserAlreadyDeactivatedError,
    UserNotDeactivatedError,
)
from organizations.guards.acts import DEACTIVATE
from organizations.guards.caller import Caller
from organizations.sample import DEPARTMENT_ID, HEIR_ID, LEAVER_ID, ORGANIZATION_ID
from users.api_view import ApiView, AuthenticatedRequest


class DeactivationSerializer(TransferTargetSerializer):
    """The body of a deactivation."""

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        """Require one target."""
        require_target(body)
        return super().validate(body)


class ReactivationSerializer(ReasonSerializer):
    """The body of a reactivation."""


describe_deactivation = extend_schema(
    operation_id="deactivateUser",
    summary="Deactivate user",
    tags=["Users"],
    description=(
        "Suspends a member: from then on the organization is closed to them, and they do not count"
        " as an owner. Roles and departments stay theirs, without effect. What they own in the"
        " organization passes to a department or to an active member: exactly one of the two.\n\n"
        "Takes the capability `deactivate_users`. Nobody deactivates themself, or a member who"
        " holds a capability that they do not hold. An active owner remains. Whoever lost the"
        " first answer learns from the second, by `deactivated_at`, that it was done."
    ),
    parameters=of_user(),
    request=DeactivationSerializer,
    examples=[
        OpenApiExample("To a department", value={TO_DEPARTMENT: DEPARTMENT_ID}, request_only=True),
        OpenApiExample(
            "To a person", value={TO_USER: HEIR_ID, "reason": "Parental leave"}, request_only=True
        ),
        user_example(account_state="deactivated", deactivated_at=in_whole_seconds(EXAMPLE_TIME)),
    ],
    responses={
        200: UserSerializer,
        **error_responses(
            *refused_callers(Capability.DEACTIVATE_USERS),
            *unreadable_bodies(TO_DEPARTMENT),
            USER_NOT_FOUND,
            CannotDeactivateYourselfError({"user_id": LEAVER_ID}),
            UserAlreadyDeactivatedError(
                {"user_id": LEAVER_ID, "deactivated_at": in_whole_seconds(EXAMPLE_TIME)}
            ),
            LastOwnerCannotBeDeactivatedError(
                {"user_id": LEAVER_ID, "organization_id": ORGANIZATION_ID}
            ),
            *TARGETS_NOT_FOUND,
        ),
    },
)

describe_reactivation = extend_schema(
    operation_id="reactivateUser",
    summary="Reactivate user",
    tags=["Users"],
    description=(
        "Lets a deactivated member back: their roles and departments have effect again. Resources"
        " that passed on do not come back.\n\n"
        "Takes the capability `deactivate_users`, and every capability that the user's roles grant."
        " No body is needed. Whoever lost the first answer learns from the second, by"
        " `reactivated_at`, that it was done."
    ),
    parameters=of_user(),
    request=ReactivationSerializer,
    examples=[
        OpenApiExample("Without a reason", value={}, request_only=True),
        OpenApiExample("With a reason", value={"reason": "Back from leave"}, request_only=True),
        user_example(),
    ],
    responses={
        200: UserSerializer,
        **error_responses(
            *refused_callers(Capability.DEACTIVATE_USERS),
            *unreadable_bodies("reason"),
            USER_NOT_FOUND,
            UserNotDeactivatedError(
                {"user_id": LEAVER_ID, "reactivated_at": in_whole_seconds(EXAMPLE_TIME)}
            ),
        ),
    },
)


class DeactivationView(ApiView):
    """The deactivation of a user."""

    @describe_deactivation
    def post(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        """Deactivate the user (members: deactivate)."""
        Caller.of(request).authority(organization_id, DEACTIVATE)
        if user_id == request.user.pk:
            raise CannotDeactivateYourselfError({"user_id": user_id})
        body = DeactivationSerializer(data=self.body_of(request))
        body.is_valid(raise_exception=True)
        [outcome] = deactivate_members(
            organization_id,
            [user_id],
            transfer_to=body.transfer_to,
            caller=Caller.of(request, reason=body.validated_data["reason"]),
        )
        if outcome.refusal:
            raise body.explain(outcome.refusal)
        return Response(UserSerializer(find_user(organization_id, user_id)).data)


class ReactivationView(ApiView):
    """The reactivation of a user."""

    @describe_reactivation
    def post(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        """Reactivate the user (members: reactivate)."""
        Caller.of(request).authority(organization_id, DEACTIVATE)
        body = ReactivationSerializer(data=self.body_of(request))
        body.is_valid(raise_exception=True)
        [outcome] = reactivate_members(
            organization_id,
            [user_id],
            caller=Caller.of(request, reason=body.validated_data["reason"]),
        )
        if outcome.refusal:
            raise outcome.refusal
        return Response(UserSerializer(find_user(organization_id, user_id)).data)
