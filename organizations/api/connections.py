"""Connections of programs are created, listed and revoked, and their tokens rotated."""

from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe, describe_list, response_example
from config.api.strict import (
    StrictBooleanField,
    StrictChoicesField,
    StrictNameField,
    StrictSerializer,
)
from organizations.api import examples
from organizations.api.bodies import NOT_A_STRING
from organizations.api.scheduled_removals import DueField
from organizations.api.view import OrganizationListView, OrganizationView, first_or_raise
from organizations.capabilities import Capability
from organizations.connections.service import (
    MOST_CONNECTIONS,
    create_connection,
    revoke_connection,
    rotate_token,
)
from organizations.exceptions import ConnectionNotFoundError, TooManyConnectionsError
from organizations.guards.acts import MANAGE_CONNECTIONS
from organizations.handover.directories import opening_no_tasks
from organizations.models import Connection, Membership
from organizations.models.connection import LIFETIME
from users.api_view import AuthenticatedRequest

NEEDED = (
    f"Takes a person with the capability `{Capability.OVERRIDE_ALL_PERMISSIONS}`: a connection is"
    " answered 403, whatever its capabilities."
)

_EXAMPLE = {
    "id": examples.CONNECTION_ID,
    "kind": "api",
    "name": "HR system",
    "capabilities": ["remove_users"],
    "expires_at": "2026-12-22T15:30:00Z",
    "last_used_on": "2025-12-22",
    "last_request_at": None,
    "previous_token_until": None,
    "created_by": examples.OWNER_ID,
    "rotated_by": None,
    "maker_is_member": True,
    "opens_no_tasks": False,
    "created_at": "2025-12-22T15:30:00Z",
}
_SHOWN = response_example(_EXAMPLE)
_SHOWN_WITH_TOKEN = response_example({**_EXAMPLE, "token": "offboard_con_H8x…"})


class ConnectionCreationSerializer(StrictSerializer):
    """What a program is connected with."""

    name = StrictNameField(max_length=100, help_text="Which system it is.")
    capabilities = StrictChoicesField(
        Capability.choices,
        help_text=(
            "What it may do, each once. None is enough for a system that closes the offboarding"
            " tasks that are assigned to it."
        ),
    )
    expires_at = DueField(
        required=False,
        help_text=(
            "When its tokens expire: with its offset, in the future, and at most a year ahead;"
            f" {LIFETIME.days} days from now if left out."
        ),
    )

    def validate_capabilities(self, capabilities: list[str]) -> list[str]:
        if len(set(capabilities)) < len(capabilities):
            raise serializers.ValidationError("Name each capability once.")
        return capabilities


class TokenRotationSerializer(StrictSerializer):
    """How a token is replaced."""

    revoke_old = StrictBooleanField(
        default=False,
        help_text="Whether the token before ends at once; otherwise it works for 24 hours at most.",
    )


@extend_schema_serializer(component_name="Connection", examples=[_SHOWN])
class ConnectionSerializer(serializers.Serializer[Connection]):
    """The access of a system, and how it fares."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(
        Connection.Kind.choices, help_text="`directory`: it works by SCIM, and staff manage it."
    )
    name = serializers.CharField()
    capabilities = serializers.ListField(
        child=serializers.ChoiceField(Capability.choices),
        help_text="Of a program. A directory has every capability.",
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="When its tokens expire; those of a directory do not."
    )
    last_used_on = serializers.DateField(
        allow_null=True, help_text="The last day (UTC) on which a program used it."
    )
    last_request_at = serializers.DateTimeField(
        allow_null=True, help_text="When a directory last sent a request, to the minute."
    )
    previous_token_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the token before the last rotation works."
    )
    created_by = serializers.CharField(
        source="created_by_id",
        allow_null=True,
        help_text="Who made it, and was shown its first token; null of older ones.",
    )
    rotated_by = serializers.CharField(
        source="rotated_by_id",
        allow_null=True,
        help_text="Who was shown its latest token, if it was not the first.",
    )
    maker_is_member = serializers.SerializerMethodField(
        help_text=(
            "Whether whoever made it is a member. False: somebody who left was shown a token, so"
            " rotate it. Null where it is not known who made it."
        )
    )
    opens_no_tasks = serializers.BooleanField(
        help_text=(
            "True of a directory that deactivates its leavers and has no days after which they are"
            " removed, where offboarding steps are enabled: a deactivation opens no tasks."
        )
    )
    created_at = serializers.DateTimeField()

    @extend_schema_field(serializers.BooleanField(allow_null=True))
    def get_maker_is_member(self, connection: Connection) -> bool | None:
        is_member: bool = connection.maker_is_member  # type: ignore[attr-defined]  # `shown` says
        return is_member if connection.created_by_id else None


@extend_schema_serializer(component_name="ConnectionWithToken", examples=[_SHOWN_WITH_TOKEN])
class ConnectionWithTokenSerializer(ConnectionSerializer):
    """A connection with its token, which no other answer shows."""

    token = serializers.CharField(help_text="It is shown this once.")


@describe_list(
    operation_id="listConnections",
    summary="List connections",
    description=(
        "The systems that work in the organization, programs and directories, in the order in"
        f" which they were connected, and never a token. {NEEDED}"
    ),
    invalid={"limit": "This parameter is not known."},
)
class ConnectionListView(OrganizationListView[Connection]):
    queryset = Connection.objects.all()
    serializer_class = ConnectionSerializer
    act = MANAGE_CONNECTIONS

    def get_queryset(self) -> QuerySet[Connection]:
        return shown(self.kwargs["organization_id"])

    @describe(
        operation_id="createConnection",
        summary="Create connection",
        description=(
            "Lets a program work in the organization, by a token that begins `offboard_con_` and"
            " acts for nobody: on records and events the actor is null, and the connection is"
            " named. It may do what its capabilities say, but not to members who hold a capability"
            " that it lacks, and it survives whoever made it. The answer shows the token this once."
            f" An organization has at most {MOST_CONNECTIONS} connections. {NEEDED}"
        ),
        request=ConnectionCreationSerializer,
        request_examples={
            "A program that removes leavers": {
                "name": "HR system",
                "capabilities": ["remove_users"],
            }
        },
        examples=[_SHOWN_WITH_TOKEN],
        responses={201: ConnectionWithTokenSerializer},
        invalid={"name": NOT_A_STRING},
        refusals=[TooManyConnectionsError({"limit": MOST_CONNECTIONS})],
    )
    def post(self, request: AuthenticatedRequest, organization_id: str) -> Response:
        body = self.read_body(ConnectionCreationSerializer)
        connection, token = create_connection(
            organization_id, **body.validated_data, caller=self.caller
        )
        return Response(with_token(connection, token), status=201)


class ConnectionView(OrganizationView):
    act = MANAGE_CONNECTIONS

    @describe(
        operation_id="revokeConnection",
        summary="Revoke connection",
        description=(
            "Ends a program's connection: its tokens work no more, also for requests that wait. It"
            " stays on record and does not come back. Removals that it scheduled will fail. No"
            f" body. {NEEDED}"
        ),
        no_content="It is revoked. No body.",
        refusals=[examples.CONNECTION_NOT_FOUND],
    )
    def delete(self, request: AuthenticatedRequest, **path: str) -> Response:
        revoke_connection(**path, caller=self.caller)
        return Response(status=204)


class TokenRotationView(OrganizationView):
    act = MANAGE_CONNECTIONS

    @describe(
        operation_id="rotateConnectionToken",
        summary="Rotate connection token",
        description=(
            "Gives a program's connection another token, which the answer shows this once, and"
            f" which works for {LIFETIME.days} days. The one before works for 24 hours more, unless"
            " it expires before that, or with `revoke_old` no longer; the one before that no"
            f" longer. {NEEDED}"
        ),
        request=TokenRotationSerializer,
        request_examples={"Somebody left": {"revoke_old": True}},
        examples=[_SHOWN_WITH_TOKEN],
        responses={200: ConnectionWithTokenSerializer},
        invalid={"revoke_old": "Must be true or false."},
        refusals=[examples.CONNECTION_NOT_FOUND],
    )
    def post(
        self, request: AuthenticatedRequest, organization_id: str, connection_id: str
    ) -> Response:
        body = self.read_body(TokenRotationSerializer)
        connection, token = rotate_token(
            organization_id, connection_id, **body.validated_data, caller=self.caller
        )
        return Response(with_token(connection, token))


def shown(organization_id: str) -> QuerySet[Connection]:
    """Return an organization's connections with all that `ConnectionSerializer` reads."""
    makers = Membership.objects.current().filter(
        organization=organization_id, user=OuterRef("created_by")
    )
    without_tasks = opening_no_tasks(Connection.objects.filter(pk=OuterRef("pk")))
    connections = Connection.objects.enabled().filter(organization=organization_id)
    return connections.order_by("created_at").annotate(
        maker_is_member=Exists(makers), opens_no_tasks=Exists(without_tasks)
    )


def with_token(connection: Connection, token: str) -> dict[str, object]:
    """Return a connection as an answer shows it, with its token.

    Raises the error for one that was revoked in between.
    """
    connections = shown(connection.organization_id).filter(pk=connection.pk)
    found = first_or_raise(connections, ConnectionNotFoundError({"connection_id": connection.pk}))
    return {**ConnectionSerializer(found).data, "token": token}
