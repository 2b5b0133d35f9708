"""The form in which every answer shows a member."""

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from config.api.openapi import response_example
from organizations.api import examples
from organizations.api.view import first_or_raise
from organizations.capabilities import Capability
from organizations.exceptions import UserNotFoundError
from organizations.guards.caller import Authority
from organizations.guards.not_members import explain_not_members
from organizations.models import Membership

ACCOUNT_STATES = ("active", "deactivated")


def find_user(organization_id: str, user_id: str) -> Membership:
    """Return a member with all that `UserSerializer` reads; raises UserNotFoundError."""
    members = Membership.objects.current().of(organization_id, [user_id])
    return first_or_raise(
        members.select_related("user").prefetch_related(
            "role_assignments", "department_memberships"
        ),
        UserNotFoundError({"user_id": user_id}),
    )


def find_user_for(authority: Authority, organization_id: str, user_id: str) -> Membership:
    """Return a member, as `find_user`.

    The error for somebody who was removed names the removal to whoever may remove users.
    """
    try:
        return find_user(organization_id, user_id)
    except UserNotFoundError:
        if Capability.REMOVE_USERS not in authority.capabilities:
            raise
        not_members = explain_not_members(organization_id, [user_id], authority.capabilities)
        raise not_members[user_id].refusal from None


def user_example(**changed: object) -> OpenApiExample:
    """Return an example of a user, with some fields changed."""
    shown = {
        "id": examples.USER_ID,
        "full_name": "Lea Leaver",
        "email": "leaver@acme.example",
        "user_name": "leaver@acme.example",
        "account_state": "active",
        "role_ids": ["role_member"],
        "department_ids": [examples.DEPARTMENT_ID],
        "organization_id": examples.ORGANIZATION_ID,
        "invitation_link": None,
        "invited_at": None,
        "deactivated_at": None,
    }
    return response_example(shown | changed, name="User")


class HoldingsSerializer(serializers.Serializer[Membership]):
    """What a member holds, by ids."""

    def get_role_ids(self, member: Membership) -> list[str]:
        return sorted(assignment.role_id for assignment in member.role_assignments.all())

    def get_department_ids(self, member: Membership) -> list[str]:
        return sorted(joined.department_id for joined in member.department_memberships.all())


@extend_schema_serializer(component_name="User", examples=[user_example()])
class UserSerializer(HoldingsSerializer):
    """A member, active or deactivated."""

    id = serializers.CharField(source="user_id")
    full_name = serializers.CharField(source="user.full_name")
    email = serializers.EmailField(source="user.email")
    user_name = serializers.CharField(source="user.email", help_text="The e-mail address.")
    account_state = serializers.SerializerMethodField()
    role_ids = serializers.SerializerMethodField(help_text="Sorted.")
    department_ids = serializers.SerializerMethodField(help_text="Sorted.")
    organization_id = serializers.CharField()
    # There is nothing to accept; clients of the reference read this.
    invitation_link = serializers.CharField(
        read_only=True, allow_null=True, default=None, help_text="Always null."
    )
    invited_at = serializers.DateTimeField(
        allow_null=True, help_text="When the mail of the invitation was sent; null without one."
    )
    deactivated_at = serializers.DateTimeField(
        allow_null=True, help_text="Null while the user is active."
    )

    @extend_schema_field(serializers.ChoiceField(ACCOUNT_STATES))
    def get_account_state(self, member: Membership) -> str:
        return "active" if member.is_active else "deactivated"
