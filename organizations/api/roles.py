"""Roles are listed with the number of their members, made, changed and deleted."""

from django.db.models import OuterRef
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe, describe_list, response_example
from config.api.strict import StrictChoicesField, StrictSerializer, StrictStringField
from organizations.api.bodies import NOT_A_STRING
from organizations.api.member_count import CountUpTo, MemberCountField
from organizations.api.view import OrganizationListView, OrganizationView, first_or_raise
from organizations.capabilities import Capability
from organizations.exceptions import (
    RoleInUseError,
    RoleNameTakenError,
    RoleNotFoundError,
    SystemRoleImmutableError,
)
from organizations.guards.acts import CHANGE_ROLE
from organizations.models import Role, RoleAssignment
from organizations.roles.service import change_role, create_role, delete_role
from organizations.uses import Uses
from users.api_view import AuthenticatedRequest

ROLES = Role.objects.annotate(
    member_count=CountUpTo(RoleAssignment.objects.filter(role=OuterRef("pk")))
)
BILLING = "role_billing"
SAMPLE = response_example(
    {
        "id": BILLING,
        "name": "Billing",
        "member_count": 2,
        "capabilities": ["manage_billing"],
        "is_owner": False,
    }
)
TAKEN = RoleNameTakenError({"name": "Billing"})
NOT_FOUND = RoleNotFoundError({"role_id": BILLING})
IMMUTABLE = SystemRoleImmutableError({"role_id": "role_owner"})
IN_USE = RoleInUseError(BILLING, Uses({"member": 2}))
TAKES = (
    "Takes the capability `manage_roles`, and every capability that the role has or gets: 403"
    " `INSUFFICIENT_PERMISSIONS` names those that are lacking."
)


@extend_schema_serializer(component_name="Role", examples=[SAMPLE])
class RoleSerializer(serializers.Serializer[Role]):
    """A role of an organization."""

    id = serializers.CharField()
    name = serializers.CharField()
    member_count = MemberCountField()
    capabilities = serializers.ListField(
        child=serializers.ChoiceField(Capability.choices), help_text="What its holders may do."
    )
    is_owner = serializers.BooleanField(help_text="Whether its holders own the organization.")


class RoleBodySerializer(StrictSerializer):
    """What a role is made with, or what is changed of it."""

    name = StrictStringField()
    capabilities = StrictChoicesField(
        Capability.choices,
        help_text="All that its holders may do: the complete list, which may be empty.",
    )


@describe_list(
    operation_id="listRoles",
    summary="List roles",
    description=(
        "All roles of the organization, in the order of their names. Any active member may see"
        " them."
    ),
    invalid={"limit": "This parameter is not known."},
)
class RoleListView(OrganizationListView[Role]):
    act = CHANGE_ROLE
    members_may_read = True
    queryset = ROLES.order_by("name", "pk")
    serializer_class = RoleSerializer

    @describe(
        operation_id="createRole",
        summary="Create role",
        description=(
            "Makes a role, which grants these capabilities to whoever is given it. Its name has 1"
            " to 200 characters besides blanks around it, which are left out, and is unique in the"
            f" organization. {TAKES}"
        ),
        request=RoleBodySerializer,
        request_examples={"Billing": {"name": "Billing", "capabilities": ["manage_billing"]}},
        examples=[SAMPLE],
        responses={201: RoleSerializer},
        invalid={"name": NOT_A_STRING},
        refusals=[TAKEN],
    )
    def post(self, request: AuthenticatedRequest, organization_id: str) -> Response:
        body = self.read_body(RoleBodySerializer)
        role = create_role(organization_id, **body.validated_data, caller=self.caller)
        return Response(_shown(role), status=201)


class RoleView(OrganizationView):
    act = CHANGE_ROLE

    @describe(
        operation_id="updateRole",
        summary="Update role",
        description=(
            "Gives a role another name, or other capabilities, which its holders have from then"
            f" on. What is left out stays. {TAKES} Nobody changes the Owner role: 403"
            " `SYSTEM_ROLE_IMMUTABLE`."
        ),
        request=RoleBodySerializer(partial=True),
        request_examples={
            "Other capabilities": {"capabilities": ["manage_billing", "view_audit_log"]}
        },
        examples=[SAMPLE],
        responses={200: RoleSerializer},
        invalid={"name": NOT_A_STRING},
        refusals=[IMMUTABLE, NOT_FOUND, TAKEN],
    )
    def patch(self, request: AuthenticatedRequest, **path: str) -> Response:
        body = self.read_body(RoleBodySerializer, partial=True)
        role = change_role(**path, **body.validated_data, caller=self.caller)
        return Response(_shown(role))

    @describe(
        operation_id="deleteRole",
        summary="Delete role",
        description=(
            "Deletes a role that nobody holds; else the answer is 422 `ROLE_IN_USE`, whose details"
            " count its holders, null beyond 10,000. Records of removals keep its name. Takes the"
            " capability `manage_roles`, and every capability that the role has. Nobody deletes"
            " the Owner role: 403 `SYSTEM_ROLE_IMMUTABLE`."
        ),
        no_content="It is deleted.",
        refusals=[IMMUTABLE, NOT_FOUND, IN_USE],
    )
    def delete(self, request: AuthenticatedRequest, **path: str) -> Response:
        delete_role(**path, caller=self.caller)
        return Response(status=204)


def _shown(role: Role) -> dict[str, object]:
    """Return a role as answers show it. Raises the error for one deleted in between."""
    gone = RoleNotFoundError({"role_id": role.pk})
    found = first_or_raise(ROLES.filter(pk=role.pk), gone)
    return RoleSerializer(found).data
