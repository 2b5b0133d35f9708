"""Webhook endpoints are created, listed, changed and deleted, and their secrets rotated."""

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe, describe_list, response_example
from config.api.strict import (
    StrictChoiceField,
    StrictChoicesField,
    StrictSerializer,
    StrictStringField,
)
from organizations.api import examples
from organizations.api.bodies import NOT_A_STRING
from organizations.api.view import OrganizationListView, OrganizationView
from organizations.capabilities import Capability
from organizations.events.addresses import refuse_forbidden
from organizations.events.endpoints import (
    EVENT_TYPES,
    MOST_ENDPOINTS,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    find_endpoint,
    rotate_secret,
)
from organizations.events.signature import secret_of
from organizations.exceptions import TooManyWebhookEndpointsError
from organizations.guards.acts import CHANGE_WEBHOOK
from organizations.models import WebhookEndpoint
from users.api_view import AuthenticatedRequest

NEEDED = Capability.OVERRIDE_ALL_PERMISSIONS
STATUSES = ("enabled", "disabled")

_URL = "https://hooks.acme.example/offboard"
_EXAMPLE = {
    "id": examples.ENDPOINT_ID,
    "url": _URL,
    "event_types": ["member.removed"],
    "description": "Payroll",
    "status": "enabled",
    "disabled_at": None,
    "disabled_reason": None,
    "last_success_at": "2025-12-22T15:30:00Z",
    "failing_since": None,
    "held_until": None,
    "previous_secret_until": None,
    "created_by": examples.OWNER_ID,
    "connection_id": None,
    "created_at": "2025-12-01T09:00:00Z",
}
_SHOWN = response_example(_EXAMPLE)
_SHOWN_WITH_SECRET = response_example(
    {**_EXAMPLE, "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDOTBsZmKLoRg="}
)


class EndpointCreationSerializer(StrictSerializer):
    """What an endpoint is made with."""

    url = StrictStringField(
        max_length=2000,
        validators=[refuse_forbidden],
        help_text=(
            "`https` at a public address, without a user name or password, a fragment (`#`), the"
            " port 0, a blank at either end, or a control or another invisible character."
        ),
    )
    event_types = StrictChoicesField(
        EVENT_TYPES,
        default=list,
        help_text="The types of events that are sent, each once; none means all, later ones too.",
    )
    description = StrictStringField(
        allow_blank=True, default="", max_length=500, help_text="What receives them."
    )

    def validate_event_types(self, event_types: list[str]) -> list[str]:
        if len(set(event_types)) < len(event_types):
            raise serializers.ValidationError("Name each type once.")
        return event_types


class EndpointChangeSerializer(EndpointCreationSerializer):
    """What is changed of an endpoint."""

    status = StrictChoiceField(STATUSES, help_text="Whether events are sent there.")


@extend_schema_serializer(component_name="WebhookEndpoint", examples=[_SHOWN])
class EndpointSerializer(serializers.Serializer[WebhookEndpoint]):
    """An address that is sent events, and how it fares."""

    id = serializers.CharField()
    url = serializers.CharField()
    event_types = serializers.ListField(
        child=serializers.ChoiceField(EVENT_TYPES), help_text="None means all."
    )
    description = serializers.CharField()
    status = serializers.SerializerMethodField()
    disabled_at = serializers.DateTimeField(allow_null=True)
    disabled_reason = serializers.SerializerMethodField(
        help_text=(
            "`asked`; `gone`: the receiver answered 410; `failing`: five days of nothing but"
            " failures; null while it is enabled."
        )
    )
    last_success_at = serializers.DateTimeField(
        allow_null=True, help_text="When the receiver last took an event."
    )
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when every attempt has failed."
    )
    held_until = serializers.DateTimeField(
        allow_null=True,
        help_text=(
            "Until when nothing is sent there: the receiver answered 429 or 503. What is due waits,"
            " and that is no attempt."
        ),
    )
    previous_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the secret before the last rotation signs along."
    )
    created_by = serializers.CharField(
        source="created_by_id",
        allow_null=True,
        help_text="Who made it, and may have left since: an endpoint outlives its maker.",
    )
    connection_id = serializers.CharField(
        allow_null=True, help_text="The connection of the program that made it."
    )
    created_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ChoiceField(STATUSES))
    def get_status(self, endpoint: WebhookEndpoint) -> str:
        return "enabled" if endpoint.is_enabled else "disabled"

    @extend_schema_field(
        serializers.ChoiceField(WebhookEndpoint.DisabledReason.choices, allow_null=True)
    )
    def get_disabled_reason(self, endpoint: WebhookEndpoint) -> str | None:
        return endpoint.disabled_reason or None


@extend_schema_serializer(component_name="WebhookEndpointWithSecret", examples=[_SHOWN_WITH_SECRET])
class EndpointWithSecretSerializer(EndpointSerializer):
    """An endpoint with its secret, which no other answer shows."""

    secret = serializers.SerializerMethodField(
        help_text="What its receiver verifies signatures with. It is shown this once."
    )

    def get_secret(self, endpoint: WebhookEndpoint) -> str:
        return secret_of(endpoint, endpoint.secret_version)


describe_endpoints = describe_list(
    operation_id="listWebhookEndpoints",
    summary="List webhook endpoints",
    description=(
        "All webhook endpoints of the organization, in the order in which they were made, and"
        f" never a secret. Takes the capability `{NEEDED}`."
    ),
    invalid={"limit": "This parameter is not known."},
)
describe_creation = describe(
    operation_id="createWebhookEndpoint",
    summary="Create webhook endpoint",
    description=(
        "Has the organization's events sent to an address, signed after the Standard Webhooks"
        " specification 1.0.0. Each is a POST of `{type, timestamp, data}`, whose `webhook-id` is"
        " the event's id, the same on every attempt. Each is sent at least once, in no promised"
        " order. An answer of 2xx within 15 seconds is success; after anything else it is tried"
        " nine times more, over three days. 429 and 503 hold back everything for the endpoint, for"
        " as long as `Retry-After` says, to 24 hours; without it, for five minutes at most.\n\n"
        "The answer shows the secret this once. An organization has at most"
        f" {MOST_ENDPOINTS} endpoints. Takes the capability `{NEEDED}`."
    ),
    request=EndpointCreationSerializer,
    request_examples={
        "All events": {"url": _URL},
        "Removals": {"url": _URL, "event_types": ["member.removed"], "description": "Payroll"},
    },
    examples=[_SHOWN_WITH_SECRET],
    responses={201: EndpointWithSecretSerializer},
    invalid={"description": NOT_A_STRING},
    refusals=[TooManyWebhookEndpointsError({"limit": MOST_ENDPOINTS})],
)
describe_endpoint = describe(
    operation_id="getWebhookEndpoint",
    summary="Get webhook endpoint",
    description=f"One webhook endpoint, never its secret. Takes the capability `{NEEDED}`.",
    responses={200: EndpointSerializer},
    refusals=[examples.ENDPOINT_NOT_FOUND],
)
describe_change = describe(
    operation_id="changeWebhookEndpoint",
    summary="Change webhook endpoint",
    description=(
        "Changes what the body names. Nothing is sent to a disabled endpoint: what is pending fails"
        " when its next attempt comes, unless the endpoint is enabled again before that. Enabling"
        " one makes it begin with no failures, and events from then on are sent."
        f" Takes the capability `{NEEDED}`."
    ),
    request=EndpointChangeSerializer(partial=True),
    request_examples={"Disable": {"status": "disabled"}, "Other events": {"event_types": []}},
    examples=[_SHOWN],
    responses={200: EndpointSerializer},
    invalid={"description": NOT_A_STRING},
    refusals=[examples.ENDPOINT_NOT_FOUND],
)
describe_deletion = describe(
    operation_id="deleteWebhookEndpoint",
    summary="Delete webhook endpoint",
    description=(
        "Deletes an endpoint with its deliveries; the events stay. No body."
        f" Takes the capability `{NEEDED}`."
    ),
    no_content="The endpoint is deleted. No body.",
    refusals=[examples.ENDPOINT_NOT_FOUND],
)
describe_rotation = describe(
    operation_id="rotateWebhookSecret",
    summary="Rotate webhook secret",
    description=(
        "Gives the endpoint another secret, which the answer shows this once. The one before signs"
        " along for 24 hours: `webhook-signature` has a signature of each then. The latest two"
        f" sign; one before them does not. No body. Takes the capability `{NEEDED}`."
    ),
    responses={200: EndpointWithSecretSerializer},
    refusals=[examples.ENDPOINT_NOT_FOUND],
)


@describe_endpoints
class EndpointListView(OrganizationListView[WebhookEndpoint]):
    tag = "Webhooks"
    queryset = WebhookEndpoint.objects.order_by("pk")
    serializer_class = EndpointSerializer
    act = CHANGE_WEBHOOK

    @describe_creation
    def post(self, request: AuthenticatedRequest, organization_id: str) -> Response:
        body = self.read_body(EndpointCreationSerializer)
        endpoint = create_endpoint(organization_id, **body.validated_data, caller=self.caller)
        return Response(EndpointWithSecretSerializer(endpoint).data, status=201)


class EndpointView(OrganizationView):
    tag = "Webhooks"
    act = CHANGE_WEBHOOK

    @describe_endpoint
    def get(self, request: AuthenticatedRequest, **path: str) -> Response:
        return Response(EndpointSerializer(find_endpoint(**path)).data)

    @describe_change
    def patch(
        self, request: AuthenticatedRequest, organization_id: str, endpoint_id: str
    ) -> Response:
        body = self.read_body(EndpointChangeSerializer, partial=True)
        changes = dict(body.validated_data)
        if status := changes.pop("status", None):
            changes["is_enabled"] = status == "enabled"
        endpoint = change_endpoint(organization_id, endpoint_id, caller=self.caller, **changes)
        return Response(EndpointSerializer(endpoint).data)

    @describe_deletion
    def delete(self, request: AuthenticatedRequest, **path: str) -> Response:
        delete_endpoint(**path, caller=self.caller)
        return Response(status=204)


class SecretRotationView(OrganizationView):
    tag = "Webhooks"
    act = CHANGE_WEBHOOK

    @describe_rotation
    def post(self, request: AuthenticatedRequest, **path: str) -> Response:
        endpoint = rotate_secret(**path, caller=self.caller)
        return Response(EndpointWithSecretSerializer(endpoint).data)
