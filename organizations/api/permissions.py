"""Shows callers who they are, and members what each of them may do."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone
from drf_spectacular.utils import (
    PolymorphicProxySerializer,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import EXAMPLE_TIME, describe, response_example
from config.timestamps import in_whole_seconds
from organizations.api import examples
from organizations.api.user import HoldingsSerializer, find_user_for
from organizations.api.view import OrganizationView
from organizations.capabilities import ALL_CAPABILITIES, Capability, effective
from organizations.guards.permissions import capabilities_of, memberships_reached_by
from organizations.models import Connection, ConnectionToken, Membership
from users.api_view import ApiView, AuthenticatedRequest
from users.models import AccessToken, User

CAPABILITIES = "Sorted, each once; `override_all_permissions` is spelled out."
GLOBAL = "global"
DEPARTMENT_SCOPE = {
    "oneOf": [{"type": "string", "enum": [GLOBAL]}, {"type": "array", "items": {"type": "string"}}]
}


class CapabilitiesField(serializers.ListField):
    """Capabilities, sorted, each once."""

    child = serializers.ChoiceField(Capability.choices)


class PermissionsSerializer(HoldingsSerializer):
    """What a member holds, and may do by it."""

    @extend_schema_field(CapabilitiesField)
    def get_capabilities(self, member: Membership) -> list[str]:
        return sorted(capabilities_of(member))


class OwnOrganizationSerializer(PermissionsSerializer):
    """An organization that the token reaches, and what the caller may do there."""

    id = serializers.CharField(source="organization_id")
    name = serializers.CharField(source="organization.name")
    role_ids = serializers.SerializerMethodField(help_text="Sorted.")
    department_ids = serializers.SerializerMethodField(help_text="Sorted.")
    capabilities = serializers.SerializerMethodField(help_text=CAPABILITIES)


ME_EXAMPLE = {
    "id": examples.USER_ID,
    "full_name": "Lea Leaver",
    "email": "leaver@acme.example",
    "organizations": [
        {
            "id": examples.ORGANIZATION_ID,
            "name": "Acme",
            "role_ids": ["role_billing"],
            "department_ids": [examples.DEPARTMENT_ID],
            "capabilities": ["manage_billing"],
        }
    ],
}


@extend_schema_serializer(component_name="Me")
class MeSerializer(serializers.Serializer[User]):
    """The caller, and where they are an active member."""

    id = serializers.CharField()
    full_name = serializers.CharField()
    email = serializers.EmailField()
    organizations = OwnOrganizationSerializer(
        many=True, source="reached", help_text="By their ids: those that this token reaches."
    )


@extend_schema_serializer(
    component_name="EffectivePermissions",
    examples=[
        response_example(
            {
                "user_id": examples.USER_ID,
                "capabilities": ["manage_billing"],
                "role_ids": ["role_billing"],
                "department_scope": [examples.DEPARTMENT_ID],
                "resolved_at": in_whole_seconds(EXAMPLE_TIME),
            }
        )
    ],
)
class EffectivePermissionsSerializer(PermissionsSerializer):
    """What a member may do in the organization at a moment."""

    user_id = serializers.CharField()
    capabilities = serializers.SerializerMethodField(help_text=CAPABILITIES)
    role_ids = serializers.SerializerMethodField(help_text="Sorted.")
    department_scope = serializers.SerializerMethodField(
        help_text=(
            f'`"{GLOBAL}"` for holders of every capability, else the ids of their departments,'
            " sorted. It limits nothing here: a capability holds in the whole organization."
        )
    )
    resolved_at = serializers.SerializerMethodField(help_text="When this was so.")

    @extend_schema_field(DEPARTMENT_SCOPE)
    def get_department_scope(self, member: Membership) -> str | list[str]:
        holds_all = capabilities_of(member) == ALL_CAPABILITIES
        return GLOBAL if holds_all else self.get_department_ids(member)

    @extend_schema_field(serializers.DateTimeField())
    def get_resolved_at(self, member: Membership) -> str:
        return in_whole_seconds(timezone.now())


class ProgramsOrganizationSerializer(serializers.Serializer[Connection]):
    """The organization that a program works in, and what it may do there."""

    id = serializers.CharField(source="organization_id")
    name = serializers.CharField(source="organization.name")
    role_ids = serializers.ListField(
        child=serializers.CharField(), default=[], help_text="Always empty."
    )
    department_ids = serializers.ListField(
        child=serializers.CharField(), default=[], help_text="Always empty."
    )
    capabilities = serializers.SerializerMethodField(help_text=CAPABILITIES)

    @extend_schema_field(CapabilitiesField)
    def get_capabilities(self, connection: Connection) -> list[str]:
        return sorted(effective(connection.capabilities))


@extend_schema_serializer(component_name="MeAsConnection")
class ProgramSerializer(serializers.Serializer[Connection]):
    """The program that calls, by its connection."""

    connection_id = serializers.CharField(source="pk")
    name = serializers.CharField()
    organizations = serializers.SerializerMethodField(help_text="One.")

    @extend_schema_field(ProgramsOrganizationSerializer(many=True))
    def get_organizations(self, connection: Connection) -> list[dict[str, Any]]:
        return [dict(ProgramsOrganizationSerializer(connection).data)]


class MeView(ApiView):
    tag = "Users"

    @describe(
        operation_id="getMe",
        summary="Get the caller",
        description=(
            "Who the token acts for, and in which organizations, with the ids and capabilities that"
            " hold there: the active memberships that this token reaches, and nothing of others."
            " In an organization that is not listed every request is 403"
            " `ORGANIZATION_ACCESS_DENIED`. A connection's token acts for no person: its answer"
            " names the connection, and the one organization that it works in."
        ),
        responses={
            200: PolymorphicProxySerializer(
                component_name="Caller",
                serializers=[MeSerializer, ProgramSerializer],
                resource_type_field_name=None,
            )
        },
        examples=[
            response_example(ME_EXAMPLE, name="A person"),
            response_example(
                {
                    "connection_id": examples.CONNECTION_ID,
                    "name": "HR system",
                    "organizations": [
                        {
                            "id": examples.ORGANIZATION_ID,
                            "name": "Acme",
                            "role_ids": [],
                            "department_ids": [],
                            "capabilities": ["remove_users"],
                        }
                    ],
                },
                name="A program",
            ),
        ],
    )
    def get(self, request: AuthenticatedRequest) -> Response:
        token = request.auth
        if isinstance(token, ConnectionToken):
            return Response(ProgramSerializer(token.connection).data)
        assert isinstance(token, AccessToken)  # noqa: S101  # there is no third kind
        members = memberships_reached_by(token).select_related("organization", "user")
        members = members.prefetch_related("role_assignments__role", "department_memberships")
        user: Any = User.objects.get(pk=token.user_id)  # the request's user has only an id
        user.reached = members.order_by("organization")
        return Response(MeSerializer(user).data)


class EffectivePermissionsView(OrganizationView):
    @describe(
        operation_id="getEffectivePermissions",
        summary="Get a user's effective permissions",
        description=(
            "The capabilities that a member holds over their roles, `override_all_permissions`"
            " spelled out: none while they are deactivated or their account is disabled. The"
            " member's requests are checked against these. Any active member may see them."
        ),
        responses={200: EffectivePermissionsSerializer},
        refusals=[examples.USER_NOT_FOUND],
    )
    def get(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        member = find_user_for(self.authority, organization_id, user_id)
        prefetch_related_objects([member], "role_assignments__role")
        return Response(EffectivePermissionsSerializer(member).data)
