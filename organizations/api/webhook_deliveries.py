"""Deliveries to webhook endpoints are listed, tested and repeated."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import ChoiceFilter, FilterSet
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.choices import must_be_one_of
from config.api.openapi import Operation, describe, describe_list, response_example
from config.api.pagination import IdPagination
from config.api.throttling import DeliveryRateThrottle, TokenRateThrottle
from organizations.api import examples
from organizations.api.view import OrganizationListView, OrganizationView
from organizations.api.webhook_endpoints import NEEDED
from organizations.events.endpoints import find_endpoint, redeliver, send_test
from organizations.exceptions import WebhookDeliveryNotFoundError, WebhookEndpointDisabledError
from organizations.guards.acts import REDELIVER
from organizations.models import Event, WebhookDelivery
from users.api_view import AuthenticatedRequest

_EXAMPLE = {
    "id": examples.DELIVERY_ID,
    "event_id": examples.EVENT_ID,
    "event_type": "member.removed",
    "status": "pending",
    "attempts": 2,
    "next_attempt_at": "2025-12-22T15:35:05Z",
    "last_status_code": 500,
    "last_error": "status",
    "created_at": "2025-12-22T15:30:00Z",
    "delivered_at": None,
}
_JUST_MADE = {
    **_EXAMPLE,
    "attempts": 0,
    "next_attempt_at": "2025-12-22T15:30:00Z",
    "last_status_code": None,
    "last_error": None,
}
_ENDPOINT_DISABLED = WebhookEndpointDisabledError(
    {
        "endpoint_id": examples.ENDPOINT_ID,
        "disabled_at": "2025-12-22T15:30:00Z",
        "disabled_reason": "failing",
    }
)


@extend_schema_serializer(component_name="WebhookDelivery", examples=[response_example(_EXAMPLE)])
class DeliverySerializer(serializers.Serializer[WebhookDelivery]):
    """An event on its way to an endpoint, and how far it came."""

    id = serializers.CharField()
    event_id = serializers.CharField(help_text="The `webhook-id`, the same on every attempt.")
    event_type = serializers.ChoiceField(Event.Type.choices, source="event.type")
    status = serializers.ChoiceField(WebhookDelivery.Status.choices)
    attempts = serializers.IntegerField(help_text="How often it was sent, since it was asked for.")
    next_attempt_at = serializers.DateTimeField(
        allow_null=True, help_text="Null where none follows."
    )
    last_status_code = serializers.IntegerField(
        allow_null=True, help_text="What the receiver answered last."
    )
    last_error = serializers.SerializerMethodField(
        help_text="What the last attempt failed of, or null. A name that does not resolve is an"
        " `address` as a forbidden one is."
    )
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(WebhookDelivery.Error.choices, allow_null=True))
    def get_last_error(self, delivery: WebhookDelivery) -> str | None:
        return delivery.last_error or None


class DeliveryFilterSet(FilterSet):
    """Filters deliveries by status."""

    status = ChoiceFilter(
        choices=WebhookDelivery.Status.choices, help_text="Only deliveries of this status."
    )


@describe_list(
    operation_id="listWebhookDeliveries",
    summary="List webhook deliveries",
    description=(
        "What the endpoint was sent in the last 30 days, the newest first. Takes the capability"
        f" `{NEEDED}`."
    ),
    invalid={"status": must_be_one_of(WebhookDelivery.Status.values, "lost")},
    refusals=[examples.ENDPOINT_NOT_FOUND],
)
class DeliveryListView(OrganizationListView[WebhookDelivery]):
    tag = "Webhooks"
    act = REDELIVER

    queryset = WebhookDelivery.objects.select_related("event").order_by("-pk")
    serializer_class = DeliverySerializer
    pagination_class = IdPagination
    filterset_class = DeliveryFilterSet

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        endpoint = find_endpoint(**self.kwargs)
        own = Event.objects.about_schedules_of(self.caller.member_id)
        deliveries = self.queryset.filter(endpoint=endpoint)
        return deliveries.exclude(event__in=own.filter(organization=endpoint.organization_id))


class SendingView(OrganizationView):
    """Sends something, at most ten times a minute for each token."""

    tag = "Webhooks"
    act = REDELIVER

    throttle_classes = (TokenRateThrottle, DeliveryRateThrottle)


def _describe_sending(what: str, **options: Any) -> Callable[[Operation], Operation]:
    """Describe a request that sends something."""
    return describe(
        description=(
            f"{what} The answer comes before it is sent; the list of deliveries says what came of"
            " it. A disabled endpoint is sent nothing. No body. This and its sibling take ten"
            f" requests a minute of one token, and the capability `{NEEDED}`."
        ),
        examples=[response_example(_JUST_MADE, name="Pending", status_codes=["202"])],
        **options,
    )


class EndpointTestView(SendingView):
    @_describe_sending(
        "Sends an event of the type `webhook.test` to this endpoint, whatever types it is sent.",
        operation_id="testWebhookEndpoint",
        summary="Test webhook endpoint",
        responses={202: DeliverySerializer},
        refusals=[examples.ENDPOINT_NOT_FOUND, _ENDPOINT_DISABLED],
    )
    def post(self, request: AuthenticatedRequest, **path: str) -> Response:
        delivery = send_test(**path, caller=self.caller)
        return Response(DeliverySerializer(delivery).data, status=202)


class RedeliveryView(SendingView):
    @_describe_sending(
        "Sends an event again, under the same `webhook-id`, however far it came; its attempts"
        " begin anew.",
        operation_id="redeliverWebhook",
        summary="Redeliver webhook",
        responses={202: DeliverySerializer},
        refusals=[
            examples.ENDPOINT_NOT_FOUND,
            WebhookDeliveryNotFoundError({"delivery_id": examples.DELIVERY_ID}),
            _ENDPOINT_DISABLED,
        ],
    )
    def post(self, request: AuthenticatedRequest, delivery_id: str, **path: str) -> Response:
        deliveries = redeliver(**path, delivery_ids=[delivery_id], caller=self.caller)
        if not deliveries:
            raise WebhookDeliveryNotFoundError({"delivery_id": delivery_id})
        return Response(DeliverySerializer(deliveries[0]).data, status=202)
