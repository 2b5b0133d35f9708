"""The bodies of the API: validated, and nothing more."""

from rest_framework import serializers

from config.api.strict import IdField, StrictBooleanField, StrictSerializer
from organizations.exceptions import (
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
)
from organizations.removal.preview import RemovalPreview


class RemovalSerializer(StrictSerializer):
    """What a removal is asked with."""

    confirm = StrictBooleanField(
        default=False,
        help_text="Must be the JSON value `true`; anything else but `false` is a VALIDATION_ERROR.",
    )
    transfer_resources_to_department_id = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="A department of this organization, to which everything passes that the user "
        "owns in it. Without it, resources stay as they are, still owned by the user.",
    )


class NamedSerializer(serializers.Serializer[object]):
    """A role or a department."""

    id = serializers.CharField(source="pk")
    name = serializers.CharField()


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
    can_be_removed = serializers.BooleanField()
    blocked_by = serializers.ChoiceField(
        [InsufficientPermissionsError.code, LastOwnerCannotBeRemovedError.code],
        source="blocked_by.code",
        allow_null=True,
        help_text="The error code that a removal would answer, or null.",
    )
