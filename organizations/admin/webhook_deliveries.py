"""The admin of webhook deliveries, which shows and repeats them."""

import json
from collections import defaultdict
from operator import methodcaller
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from config.admin.columns import column
from config.admin.filters import LookupFilter, QuerySetFilter
from config.admin.large_tables import ReadOnlyAdmin
from config.admin.links import link
from config.admin.row_actions import RowActions
from config.admin.times import day_in_words
from config.errors import ContractError
from config.identifiers import is_id
from organizations.events.delivery import body_of
from organizations.events.endpoints import redeliver
from organizations.guards.acts import REDELIVER
from organizations.guards.caller import Staff
from organizations.models import Event, WebhookDelivery, WebhookEndpoint
from users.login import staff_of

ENDPOINTS = WebhookEndpoint.objects.values("pk")  # of all; a subquery in a list


class EndpointFilter(LookupFilter):
    """Filters deliveries by the endpoint that they go to."""

    title = "endpoint"
    parameter_name = "endpoint"
    hint = "Id of an endpoint"
    matching = staticmethod(lambda term: WebhookEndpoint.objects.filter(pk=term))


class StatusFilter(QuerySetFilter):
    """Filters deliveries by their status.

    It also names the endpoint, since the index begins with it.
    """

    title = "status"
    parameter_name = "status"
    narrowings = tuple(
        (status, name, methodcaller("filter", status=status, endpoint__in=ENDPOINTS))
        for status, name in WebhookDelivery.Status.choices
    )


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(RowActions[WebhookDelivery], ReadOnlyAdmin[WebhookDelivery]):
    """Shows the deliveries of events to endpoints, and redelivers them."""

    queued_at = column("created_at", "Queued at")
    last_answer = column("last_status_code", "Last answer")
    next_attempt = column("next_attempt_at", "Next attempt")
    list_display = (
        *("queued_at", "event_type", "endpoint_label", "status", "attempts", "last_error"),
        *("last_answer", "next_attempt"),
    )
    list_filter = (StatusFilter, EndpointFilter)
    list_select_related = ("event", "endpoint")
    search_fields = ("id", "endpoint__id", "event__id")
    search_help_text = "An id of a delivery, an endpoint or an event."
    actions = ("redeliver",)
    fieldsets = (
        (None, {"fields": ("event_link", "endpoint_link", "queued_at", "id")}),
        ("Progress", {"fields": ("status", "attempts", "delivered_at", "next_attempt")}),
        ("Last attempt", {"fields": ("last_answer", "last_error")}),
    )

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns, with the endpoint's address for users who may view endpoints."""
        sees_addresses = admin.site.get_model_admin(WebhookEndpoint).has_view_permission(request)
        column = "endpoint_url" if sees_addresses else "endpoint_label"
        return [column if name == "endpoint_label" else name for name in self.list_display]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        """Return the deliveries, except those about a scheduled removal of the user."""
        own = Event.objects.about_schedules_of(staff_of(request).pk)
        return super().get_queryset(request).exclude(event__in=own)

    def title_of(self, row: WebhookDelivery) -> str:
        endpoint = row.endpoint
        receiver = endpoint.description or f"a webhook endpoint of {endpoint.organization}"
        return f"{row.event.get_type_display()} to {receiver}, {day_in_words(row.created_at)}"

    def find(self, rows: QuerySet[WebhookDelivery], term: str) -> QuerySet[WebhookDelivery]:
        if is_id("evt", term):  # uses the unique index of endpoint and event
            endpoints = WebhookEndpoint.objects.filter(organization__events=term)
            rows = rows.filter(endpoint__in=endpoints)
        return super().find(rows, term)

    def get_fieldsets(self, request: HttpRequest, obj: WebhookDelivery | None = None) -> Any:
        """Return the fields, with the payload for users who may view the event."""
        events = admin.site.get_model_admin(Event)
        seen = events.get_queryset(request).filter(pk=obj and obj.event_id)
        if events.has_view_permission(request) and seen.exists():
            return (*self.fieldsets, ("What is sent", {"fields": ("payload",)}))
        return self.fieldsets

    def actions_on(self, row: WebhookDelivery) -> dict[str, str]:
        return {"redeliver": "Send it again"} if row.endpoint.is_enabled else {}

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        return REDELIVER.is_staffs(request.user)

    @admin.action(description="Redeliver selected webhook deliveries", permissions=["redeliver"])
    def redeliver(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        """Send the selected deliveries again, except to endpoints that are disabled."""
        selected: dict[WebhookEndpoint, list[str]] = defaultdict(list)
        for delivery in queryset.select_related("endpoint"):
            selected[delivery.endpoint].append(delivery.pk)
        for endpoint, delivery_ids in selected.items():
            try:
                caller = Staff.at(request)
                sent = redeliver(endpoint.organization_id, endpoint.pk, delivery_ids, caller=caller)
            except ContractError as refusal:
                self.message_user(
                    request, f"Nothing was sent to {endpoint.label}. {refusal}", messages.ERROR
                )
            else:
                LogEntry.objects.log_actions(staff_of(request).pk, sent, CHANGE, "Redelivered.")
                self.message_user(request, f"{len(sent):,} on the way to {endpoint.label} again.")

    @admin.display(description="Payload")
    def payload(self, delivery: WebhookDelivery) -> str:
        """Return the body that receivers get, which names ids and counts alone."""
        body = json.loads(body_of(delivery.event))
        return format_html(
            '<pre tabindex="0" role="region" aria-label="Payload">{}</pre>',
            json.dumps(body, indent=2),
        )

    @admin.display(description="Event")
    def event_type(self, delivery: WebhookDelivery) -> str:
        return delivery.event.get_type_display()

    @admin.display(description="Endpoint")
    def endpoint_url(self, delivery: WebhookDelivery) -> str:
        return delivery.endpoint.url

    @admin.display(description="Endpoint")
    def endpoint_label(self, delivery: WebhookDelivery) -> str:
        return delivery.endpoint.label

    @admin.display(description="Event")
    def event_link(self, delivery: WebhookDelivery) -> str:
        return link(delivery.event, self.event_type(delivery))

    @admin.display(description="Endpoint")
    def endpoint_link(self, delivery: WebhookDelivery) -> str:
        return link(delivery.endpoint, delivery.endpoint.label)
