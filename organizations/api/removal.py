"""A removal takes a user out of the organization; its preview says what it would do."""

from collections.abc import Mapping

from drf_spectacular.utils import OpenApiParameter, extend_schema_field
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
)
from organizations.api.preview_tag import etag_of, find_change
from organizations.api.user import UserSerializer, find_user_for
from organizations.api.users import describe_user
from organizations.api.view import OrganizationView
from organizations.exceptions import (
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
    PreviewChangedError,
    UserNotFoundError,
)
from organizations.guards.acts import REMOVE
from organizations.models import OffboardingStep, ScheduledRemoval
from organizations.removal.preview import RemovalPreview, preview_removal
from organizations.removal.service import Condition, remove_members
from users.api_view import AuthenticatedRequest


class RemovalSerializer(ConfirmationSerializer, TransferTargetSerializer):
    """What a removal is asked with; without a target, resources stay the user's."""


class NamedSerializer(serializers.Serializer[object]):
    """A role or a department."""

    id = serializers.CharField(source="pk")
    name = serializers.CharField()


class NamedConnectionSerializer(NamedSerializer):
    """A connection, by its name."""


class MadeEndpointSerializer(serializers.Serializer[object]):
    """A webhook endpoint that the user made, and that stays."""

    id = serializers.CharField()
    description = serializers.CharField()


class PendingRemovalSerializer(serializers.Serializer[ScheduledRemoval]):
    """A removal on a date that is pending."""

    id = serializers.CharField()
    user_id = serializers.CharField(source="membership.user_id")
    remove_at = serializers.DateTimeField()


class OwnedResourcesSerializer(serializers.Serializer[object]):
    """How many resources of a type the user owns."""

    type = serializers.CharField()
    count = serializers.IntegerField()


class PreviewedTaskSerializer(serializers.Serializer[OffboardingStep]):
    """A task that the removal opens."""

    key = serializers.CharField()
    title = serializers.CharField()


class RemovalPreviewSerializer(serializers.Serializer[RemovalPreview]):
    """What a removal would do."""

    user_id = serializers.CharField(source="membership.user_id")
    organization_id = serializers.CharField(source="membership.organization_id")
    roles = NamedSerializer(many=True, help_text="The role assignments that would be deleted.")
    departments = NamedSerializer(
        many=True, help_text="The department memberships that would be deleted."
    )
    resource_count = serializers.IntegerField(
        help_text="How many resources the user owns in the organization."
    )
    resources = serializers.SerializerMethodField(help_text="How many of each type, sorted.")
    token_count = serializers.IntegerField(
        help_text=(
            "How many access tokens of the user would open nothing in the organization any more:"
            " those bound to it, which end, and those bound to none that reach it. Neither revoked"
            " nor expired ones count."
        )
    )
    connections = NamedConnectionSerializer(
        many=True,
        help_text=(
            "Of programs and directories, which stay: the user made or rotated them, and so was"
            " shown a token. Rotate each."
        ),
    )
    webhook_endpoints = MadeEndpointSerializer(
        many=True, help_text="What stays as well: endpoints whose secret the user was shown."
    )
    scheduled_removal = PendingRemovalSerializer(
        source="scheduled",
        allow_null=True,
        help_text="The user's removal on a date, if one is pending; null to the user themself.",
    )
    scheduled_for_others = PendingRemovalSerializer(
        source="requested",
        many=True,
        help_text="What the user scheduled, which will fail once they have left.",
    )
    tasks = PreviewedTaskSerializer(
        source="steps",
        many=True,
        help_text="What the removal leaves to be done elsewhere, in the order of steps.",
    )
    can_be_removed = serializers.BooleanField()
    blocked_by = serializers.ChoiceField(
        [InsufficientPermissionsError.code, LastOwnerCannotBeRemovedError.code],
        source="blocked_by.code",
        allow_null=True,
        help_text="The error code that a removal would answer, or null.",
    )
    managed_by = NamedConnectionSerializer(
        allow_null=True,
        help_text=(
            "The directory that manages the user, or null: it adds them again with its next cycle"
            " if they are still assigned there."
        ),
    )
    directory_opens_no_tasks = serializers.BooleanField(
        help_text=(
            "True where steps are enabled, and that directory deactivates its leavers without ever"
            " removing them: a deactivation opens no tasks. Remove the user here."
        )
    )

    @extend_schema_field(OwnedResourcesSerializer(many=True))
    def get_resources(self, preview: RemovalPreview) -> list[dict[str, object]]:
        return [{"type": name, "count": count} for name, count in preview.resources.items()]


describe_removal = describe(
    operation_id="removeUser",
    summary="Remove user",
    description=(
        "Removes the user from the organization. All role assignments and department memberships"
        " are deleted and the membership is soft-deleted, in one transaction, on record. The"
        " user's account and other organizations are untouched. The user's access tokens open"
        " nothing here any more, also if they come back, and go on working elsewhere, except those"
        " that are bound to this membership, which end. What the user owns in the"
        " organization passes to a department or to an active member, if one of the two is named;"
        " else it stays theirs. Types of resources can have targets of their own.\n\n"
        "Takes the capability `remove_users`; any member may remove themself. Nobody removes a"
        " member who holds a capability that they do not hold.\n\n"
        "The checks, in this order: (1) authentication, (2) membership of the caller,"
        " (3) permission, (4) a well-formed body, then confirmation, (5) the user's membership,"
        " (6) the user's capabilities, (7) a remaining owner, (8) the department or the person who"
        " takes over, (9) the condition of `If-Match`. The caller is asked again at the removal"
        " itself: who was removed meanwhile removes nobody. A second removal of the same user is a"
        " 404; of two at the same moment,"
        " one gets the 204. That 404 names the earlier removal in its details, by `removal_id` and"
        " `removed_at`: whoever lost the first answer learns that it was done.\n\n"
        "A 404 with the code `NOT_FOUND` says nothing about the user: there is no such address. One"
        " with a slash at its end is such, and its details name the one that was meant."
    ),
    request=RemovalSerializer,
    parameters=[
        OpenApiParameter(
            "If-Match",
            str,
            OpenApiParameter.HEADER,
            description=(
                "The `ETag` of the preview that the caller saw: the removal does what the preview"
                " said, or nothing. Without it, whatever the user has by then goes."
            ),
        )
    ],
    request_examples={
        "Confirmed": {"confirm": True},
        "With a transfer": {"confirm": True, TO_DEPARTMENT: examples.DEPARTMENT_ID},
        "With a transfer to a person": {
            "confirm": True,
            TO_USER: examples.HEIR_ID,
            "reason": "Left for another job",
        },
        "With a transfer by type": {
            "confirm": True,
            TO_DEPARTMENT: examples.DEPARTMENT_ID,
            BY_TYPE: {"repository": examples.HEIR_ID},
        },
    },
    no_content="The user is removed. No body.",
    invalid={TO_DEPARTMENT: NOT_A_STRING},
    refusals=[
        examples.CONFIRMATION_REQUIRED,
        examples.USER_NOT_FOUND,
        LastOwnerCannotBeRemovedError(examples.LAST_OWNER),
        *examples.TARGETS_NOT_FOUND,
        PreviewChangedError({"user_id": examples.USER_ID, "changed": {"resource_count": 13}}),
    ],
)

describe_preview = describe(
    operation_id="previewRemoval",
    summary="Preview a removal",
    description=(
        "What a removal would do, without doing it: the same checks as the removal except"
        " confirmation and department. A last owner, or a user above the caller, is reported by"
        " `can_be_removed` and `blocked_by`, not as an error. Its `ETag` is of all that it says:"
        " sent with the removal as `If-Match`, it lets that be done and nothing else."
    ),
    parameters=[
        OpenApiParameter(
            "ETag",
            str,
            OpenApiParameter.HEADER,
            description="Identifies what the removal would do.",
            response=["200"],
        )
    ],
    examples=[
        response_example(
            {
                "user_id": examples.USER_ID,
                "organization_id": examples.ORGANIZATION_ID,
                "roles": [{"id": "role_member", "name": "Member"}],
                "departments": [{"id": examples.DEPARTMENT_ID, "name": "Engineering"}],
                "resource_count": 12,
                "resources": [{"type": "document", "count": 8}, {"type": "repository", "count": 4}],
                "token_count": 1,
                "connections": [{"id": examples.CONNECTION_ID, "name": "HR system"}],
                "webhook_endpoints": [{"id": examples.ENDPOINT_ID, "description": "Payroll"}],
                "scheduled_removal": None,
                "scheduled_for_others": [],
                "tasks": [{"key": "laptop", "title": "Get the laptop back"}],
                "can_be_removed": True,
                "blocked_by": None,
                "managed_by": None,
                "directory_opens_no_tasks": False,
            }
        )
    ],
    responses={200: RemovalPreviewSerializer},
    refusals=[examples.USER_NOT_FOUND],
)


def show_preview(preview: RemovalPreview, reader_id: str) -> Mapping[str, object]:
    """Return a preview as its reader is shown it; a program, whose id is "", is shown all of it."""
    return RemovalPreviewSerializer(preview.shown_to(reader_id)).data


class OrganizationUserView(OrganizationView):
    """A user as a member of an organization (contract: DELETE)."""

    act = REMOVE
    members_may_read = True
    members_may_for_themselves = True

    @describe_user
    def get(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        """Return the user. Whoever may remove users learns of an earlier removal from the 404."""
        member = find_user_for(self.authority, organization_id, user_id)
        return Response(UserSerializer(member).data)

    @describe_removal
    def delete(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        body = self.read_body(RemovalSerializer, context={"user_id": user_id})
        [outcome] = remove_members(
            organization_id,
            [user_id],
            transfer_to=body.targets,
            caller=self.caller_with_reason(body),
            condition=self._condition(request.headers.get("If-Match")),
        )
        if outcome.refusal:
            raise body.explain(outcome.refusal)
        return Response(status=204)

    def _condition(self, if_match: str | None) -> Condition | None:
        """Return the condition that the preview still has one of the tags of an `If-Match`."""
        if if_match is None:
            return None
        return lambda preview: find_change(show_preview(preview, self.caller.member_id), if_match)


class RemovalPreviewView(OrganizationView):
    """What the removal of a user would do (contract: removal-preview)."""

    act = REMOVE
    members_may_for_themselves = True

    @describe_preview
    def get(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        previews = preview_removal(organization_id, [user_id], caller=self.caller)
        if not previews:
            raise UserNotFoundError({"user_id": user_id})
        shown = show_preview(previews[0], self.caller.member_id)
        return Response(shown, headers={"ETag": etag_of(shown)})
