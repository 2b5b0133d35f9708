"""A restoration puts a removed user back, and its preview says what would come back."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import EXAMPLE_TIME, describe, response_example
from config.api.strict import IdField
from config.timestamps import in_whole_seconds
from organizations.api import examples
from organizations.api.bodies import NOT_A_STRING, ConfirmationSerializer, ReasonSerializer
from organizations.api.user import UserSerializer, user_example
from organizations.api.view import OrganizationView
from organizations.exceptions import (
    MembershipAlreadyExistsError,
    RemovalNotFoundError,
    RestoreWindowExpiredError,
)
from organizations.guards.acts import RESTORE
from organizations.models import Membership, OffboardingTask, Restoration
from organizations.restoration.plan import RestorationOutcome
from organizations.restoration.service import preview_restoration, restore_members
from users.api_view import AuthenticatedRequest


@extend_schema_serializer(component_name="Restoration")  # "RestorationRequest" in the description
class RestorationRequestSerializer(ConfirmationSerializer, ReasonSerializer):
    """What a restoration is asked with."""

    removal_id = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The removal that is restored: the latest of this user, which is the default.",
    )


class _RestoredUserSerializer(UserSerializer):
    """The user that a restoration makes, by its record: a preview has no membership yet."""

    def get_account_state(self, member: Membership) -> str:
        return "deactivated" if member.deactivated_at else "active"

    def get_role_ids(self, member: Membership) -> list[str]:
        return sorted(role["id"] for role in member.restoration.roles)

    def get_department_ids(self, member: Membership) -> list[str]:
        return sorted(department["id"] for department in member.restoration.departments)


class EntrySerializer(serializers.Serializer[Any]):
    """A role or a department, as a record names it."""

    id = serializers.CharField()
    name = serializers.CharField()


class LeftOutSerializer(EntrySerializer):
    """A role or a department that does not come back."""

    reason = serializers.ChoiceField(["deleted"], help_text="`deleted`: it is there no longer.")


class RestoredSerializer(serializers.Serializer[Restoration]):
    """What comes back."""

    roles = EntrySerializer(many=True)
    departments = EntrySerializer(many=True)
    resource_count = serializers.IntegerField(
        help_text="Resources that the removal moved and that were where it put them."
    )


class NotRestoredSerializer(serializers.Serializer[Restoration]):
    """What does not come back."""

    roles = LeftOutSerializer(many=True, source="roles_not_restored")
    departments = LeftOutSerializer(many=True, source="departments_not_restored")
    resource_count = serializers.IntegerField(
        source="resources_not_restored",
        help_text="Resources that the removal moved and that are elsewhere by now.",
    )
    token_count = serializers.IntegerField(
        source="tokens_not_restored",
        allow_null=True,
        help_text=(
            "Access tokens of the user that acted here until the removal and could still be used:"
            " they stay dead here, and new ones are needed. Null where a record is older than this"
            " number."
        ),
    )


class CancelledTaskSerializer(serializers.Serializer[OffboardingTask]):
    """A task that the restoration cancels."""

    id = serializers.CharField()
    key = serializers.CharField()
    title = serializers.CharField()


class RestorationSerializer(serializers.Serializer[Restoration]):
    """A restoration, or what one would do."""

    user = serializers.SerializerMethodField()
    removal_id = serializers.CharField()
    restoration_id = serializers.SerializerMethodField(help_text="Null in a preview.")
    restored = RestoredSerializer(source="*")
    not_restored = NotRestoredSerializer(source="*")
    cancelled_tasks = CancelledTaskSerializer(
        many=True, help_text="Tasks of the removal that were open or failed, in the order of steps."
    )

    @extend_schema_field(UserSerializer)
    def get_user(self, restoration: Restoration) -> Any:
        return _RestoredUserSerializer(restoration.membership).data

    def get_restoration_id(self, restoration: Restoration) -> str | None:
        return None if restoration._state.adding else restoration.pk


def _example(restoration_id: str | None) -> OpenApiExample:
    """Return an example of an answer; without a restoration, of a preview."""
    return response_example(
        {
            "user": user_example().value,
            "removal_id": examples.REMOVAL_ID,
            "restoration_id": restoration_id,
            "restored": {
                "roles": [{"id": "role_member", "name": "Member"}],
                "departments": [{"id": examples.DEPARTMENT_ID, "name": "Engineering"}],
                "resource_count": 12,
            },
            "not_restored": {
                "roles": [{"id": "role_guest", "name": "Guest", "reason": "deleted"}],
                "departments": [],
                "resource_count": 0,
                "token_count": 1,
            },
            "cancelled_tasks": [
                {"id": examples.TASK_ID, "key": "laptop", "title": "Get the laptop back"}
            ],
        },
        name="Restoration" if restoration_id else "Preview",
    )


_REFUSALS = (
    RemovalNotFoundError({"user_id": examples.USER_ID}),
    MembershipAlreadyExistsError(
        {
            "user_id": examples.USER_ID,
            "member_since": in_whole_seconds(EXAMPLE_TIME),
            "restoration_id": examples.RESTORATION_ID,
            "removal_id": examples.REMOVAL_ID,
        }
    ),
    RestoreWindowExpiredError(
        {
            "user_id": examples.USER_ID,
            "removal_id": examples.REMOVAL_ID,
            "removed_at": in_whole_seconds(EXAMPLE_TIME),
            "window_days": 90,
        }
    ),
)
_WHAT_COMES_BACK = (
    "The user gets a new membership with the roles and departments of the record that there still"
    " are, and the resources that the removal moved and that are where it put them. What"
    " two removals passed on comes back if the later one is restored first. Whoever was"
    " deactivated when removed is deactivated again; a disabled account stays disabled. No access"
    " token comes back: none reaches a membership that began after it was issued. The open and the"
    " failed tasks of the removal are cancelled."
)

describe_restoration = describe(
    operation_id="restoreUser",
    summary="Restore user",
    description=(
        f"Puts back a user whom the latest removal took out, on record. {_WHAT_COMES_BACK}\n\n"
        "Takes the capability `remove_users`. A role that grants by now what the caller does not"
        " hold refuses the whole, and the Owner role comes back by an owner alone.\n\n"
        "The checks, in this order: (1) authentication, (2) membership of the caller,"
        " (3) permission, (4) a well-formed body, then confirmation, (5) the removal that is named,"
        " that the user is no member, that there is a removal, (6) the roles, (7) the window of"
        " time. Of two at the same moment, one is done; the 409 of the other names it in its"
        " details."
    ),
    request=RestorationRequestSerializer,
    request_examples={
        "The latest removal": {"confirm": True},
        "A removal, with a reason": {
            "confirm": True,
            "removal_id": examples.REMOVAL_ID,
            "reason": "The wrong Lea",
        },
    },
    examples=[_example(examples.RESTORATION_ID)],
    responses={200: RestorationSerializer},
    invalid={"removal_id": NOT_A_STRING},
    refusals=[examples.CONFIRMATION_REQUIRED, *_REFUSALS],
)

describe_restoration_preview = describe(
    operation_id="previewRestoration",
    summary="Preview a restoration",
    description=(
        "What a restoration by the latest removal would answer, with nothing done: the same checks,"
        f" except the body, and the same errors. {_WHAT_COMES_BACK}"
    ),
    examples=[_example(None)],
    responses={200: RestorationSerializer},
    refusals=[*_REFUSALS],
)


class RestorationView(OrganizationView):
    act = RESTORE

    @describe_restoration
    def post(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        body = self.read_body(RestorationRequestSerializer, context={"user_id": user_id})
        removal_id = body.validated_data["removal_id"]
        [outcome] = restore_members(
            organization_id,
            [user_id],
            removal_ids=None if removal_id is None else {user_id: removal_id},
            caller=self.caller_with_reason(body),
        )
        return _respond(outcome)


class RestorationPreviewView(OrganizationView):
    act = RESTORE

    @describe_restoration_preview
    def get(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        [outcome] = preview_restoration(organization_id, [user_id], caller=self.caller)
        return _respond(outcome)


def _respond(outcome: RestorationOutcome) -> Response:
    """Return the restoration, or raise the refusal."""
    if outcome.refusal:
        raise outcome.refusal
    return Response(RestorationSerializer(outcome.restoration).data)
