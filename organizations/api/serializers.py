"""What a removal is asked with, and what its preview answers."""

from rest_framework import serializers

from config.api.strict import StrictBooleanField
from organizations.api.transfer import TransferTargetSerializer
from organizations.exceptions import (
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
)
from organizations.models import ScheduledRemoval, ScimConnection
from organizations.removal.preview import RemovalPreview


class RemovalSerializer(TransferTargetSerializer):
    """What a removal is asked with; without a target, resources stay the user's."""

    confirm = StrictBooleanField(
        default=False,
        help_text="Must be the JSON value `true`; anything else but `false` is a VALIDATION_ERROR.",
    )


class NamedSerializer(serializers.Serializer[object]):
    """A role or a department."""

    id = serializers.CharField(source="pk")
    name = serializers.CharField()


class ConnectionSerializer(serializers.Serializer[ScimConnection]):
    """The connection of a directory."""

    id = serializers.CharField(source="pk")
    name = serializers.CharField()


class MadeEndpointSerializer(serializers.Serializer[object]):
    """A webhook endpoint that the user made, and that stays."""

    id = serializers.CharField()
    description = serializers.CharField()


class PendingRemovalSerializer(serializers.Serializer[ScheduledRemoval]):
    """A removal on a date that is pending."""

    id = serializers.CharField()
    user_id = serializers.CharField(source="membership.user_id")
    remove_at = serializers.DateTimeField()


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
    token_count = serializers.IntegerField(
        help_text=(
            "How many access tokens of the user would open nothing in the organization any more:"
            " those bound to it, which end, and those bound to none that reach it. Neither revoked"
            " nor expired ones count."
        )
    )
    webhook_endpoints = MadeEndpointSerializer(
        many=True, help_text="What the user made in the organization, and what stays."
    )
    scheduled_removal = PendingRemovalSerializer(
        source="scheduled",
        allow_null=True,
        help_text="The user's removal on a date, if one is pending; null to the user themself.",
    )
    scheduled_for_others = PendingRemovalSerializer(
        source="requested",
        many=True,
        help_text="What the user scheduled, and what will fail once they have left.",
    )
    can_be_removed = serializers.BooleanField()
    blocked_by = serializers.ChoiceField(
        [InsufficientPermissionsError.code, LastOwnerCannotBeRemovedError.code],
        source="blocked_by.code",
        allow_null=True,
        help_text="The error code that a removal would answer, or null.",
    )
    managed_by = ConnectionSerializer(
        allow_null=True,
        help_text=(
            "The directory that manages the user, or null: it adds them again with its next cycle"
            " if they are still assigned there."
        ),
    )
