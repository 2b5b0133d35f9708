"""A user as a member of an organization: what every answer about a member shows."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from config.identifiers import is_id
from organizations.exceptions import UserNotFoundError
from organizations.models import DepartmentMembership, Membership, RoleAssignment
from organizations.sample import DEPARTMENT_ID, LEAVER, ORGANIZATION_ID
from users.models import User

ACCOUNT_STATES = ("active", "deactivated")


_role_ids = RoleAssignment.objects.filter(membership=OuterRef("pk")).order_by("role")
_department_ids = DepartmentMembership.objects.filter(membership=OuterRef("pk")).order_by(
    "department"
)

# Members with all that `UserSerializer` reads. Accounts are not joined: a page deep in the list would
# be merged with all accounts before it.
USERS = (
    Membership.objects.current()
    .annotate(
        role_ids=ArraySubquery(_role_ids.values("role")),
        department_ids=ArraySubquery(_department_ids.values("department")),
    )
    .prefetch_related(Prefetch("user", User.objects.only("email", "full_name")))
)


def find_user(organization_id: str, user_id: str) -> Membership:
    """Return a member with all that `UserSerializer` reads; raises UserNotFoundError."""
    known = [user_id] if is_id("usr", user_id) else []
    member = USERS.filter(organization=organization_id, user__in=known).first()
    if member is None:
        raise UserNotFoundError({"user_id": user_id})
    return member


def user_example(**changed: object) -> OpenApiExample:
    """Return the sample's leaver as an answer shows them."""
    shown = {
        "id": LEAVER.id,
        "full_name": LEAVER.full_name,
        "email": LEAVER.email,
        "user_name": LEAVER.email,
        "account_state": "active",
        "role_ids": ["role_member"],
        "department_ids": [DEPARTMENT_ID],
        "organization_id": ORGANIZATION_ID,
        "invitation_link": None,
        "invited_at": None,
        "deactivated_at": None,
    }
    return OpenApiExample("User", value=shown | changed, response_only=True)


@extend_schema_serializer(component_name="User", examples=[user_example()])
class UserSerializer(serializers.Serializer[Membership]):
    """A member, active or deactivated (members: User object)."""

    id = serializers.CharField(source="user_id")
    full_name = serializers.CharField(source="user.full_name")
    email = serializers.EmailField(source="user.email")
    user_name = serializers.CharField(source="user.email", help_text="The e-mail address.")
    account_state = serializers.SerializerMethodField()
    role_ids = serializers.ListField(child=serializers.CharField(), help_text="Sorted.")
    department_ids = serializers.ListField(child=serializers.CharField(), help_text="Sorted.")
    organization_id = serializers.CharField()
    # Nobody is invited here; clients of the reference read these.
    invitation_link = serializers.CharField(
        read_only=True, allow_null=True, default=None, help_text="Always null."
    )
    invited_at = serializers.DateTimeField(
        read_only=True, allow_null=True, default=None, help_text="Always null."
    )
    deactivated_at = serializers.DateTimeField(
        allow_null=True, help_text="Null while the user is active."
    )

    @extend_schema_field(serializers.ChoiceField(ACCOUNT_STATES))
    def get_account_state(self, member: Membership) -> str:
        """Return whether the member can act."""
        return "active" if member.is_active else "deactivated"
