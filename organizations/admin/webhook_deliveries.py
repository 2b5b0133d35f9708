"""The admin of webhook deliveries, which shows and repeats them."""

from collections import defaultdict
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from config.admin.lookup_filter import LookupFilter
from config.admin.read_only import ReadOnlyAdmin
from config.errors import ContractError
from config.identifiers import is_id
from organizations.events.endpoints import redeliver
from organizations.guards.acts import REDELIVER
from organizations.guards.caller import Staff
from organizations.models import WebhookDelivery, WebhookEndpoint
from users.login import staff_of


class EndpointFilter(LookupFilter):
    """Filters deliveries by the endpoint that they go to."""

    title = "endpoint"
    parameter_name = "endpoint"
    hint = "Id of an endpoint"
    matching = staticmethod(lambda term: WebhookEndpoint.objects.filter(pk=term))


class StatusFilter(admin.SimpleListFilter):
    """Filters deliveries by their status."""

    title = "status"
    parameter_name = "status"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[WebhookDelivery]
    ) -> list[tuple[str, str]]:
        """Return the statuses."""
        return WebhookDelivery.Status.choices

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]
    ) -> QuerySet[WebhookDelivery]:
        """Return the deliveries in the status, by endpoint, since the index begins with it."""
        if status := self.value():
            endpoints = WebhookEndpoint.objects.values("pk")
            return queryset.filter(status=status, endpoint__in=endpoints)
        return queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin[WebhookDelivery]):
    """Shows the deliveries of events to endpoints, and redelivers them."""

    list_display = (
        *("created_at", "event_type", "endpoint_label", "status", "attempts", "last_error"),
        *("last_status_code", "next_attempt_at"),
    )
    list_filter = (StatusFilter, EndpointFilter)
    list_select_related = ("event", "endpoint")
    search_fields = ("id",)
    search_help_text = "An id of a delivery, an endpoint or an event."
    actions = ("redeliver",)
    fieldsets = (
        (None, {"fields": ("event_link", "endpoint_link", "created_at", "id")}),
        ("How far it came", {"fields": ("status", "attempts", "delivered_at", "next_attempt_at")}),
        ("What came of the last attempt", {"fields": ("last_status_code", "last_error")}),
    )

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns, with the endpoint's address for whoever may view endpoints."""
        sees_addresses = admin.site.get_model_admin(WebhookEndpoint).has_view_permission(request)
        column = "endpoint_url" if sees_addresses else "endpoint_label"
        return [column if name == "endpoint_label" else name for name in self.list_display]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookDelivery], search_term: str
    ) -> tuple[QuerySet[WebhookDelivery], bool]:
        """Return the delivery with this id, or those to the endpoint or of the event with it."""
        if not search_term:
            return queryset, False
        if is_id("we", search_term):
            return queryset.filter(endpoint=search_term), False
        if is_id("evt", search_term):  # by the index that keeps an event from being sent twice
            endpoints = WebhookEndpoint.objects.filter(organization__events=search_term)
            return queryset.filter(endpoint__in=endpoints, event=search_term), False
        return queryset.filter(pk=search_term), False

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        """Return whether the user is offered the action."""
        return REDELIVER.is_staffs(request.user)

    @admin.action(description="Redeliver selected webhook deliveries", permissions=["redeliver"])
    def redeliver(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        """Send the selected deliveries again, except to endpoints that are disabled."""
        selected: dict[WebhookEndpoint, list[str]] = defaultdict(list)
        for delivery in queryset.select_related("endpoint"):
            selected[delivery.endpoint].append(delivery.pk)
        for endpoint, delivery_ids in selected.items():
            try:
                sent = redeliver(
                    endpoint.organization_id,
                    endpoint.pk,
                    delivery_ids,
                    caller=Staff.at(request),
                )
            except ContractError as refusal:
                self.message_user(
                    request, f"Nothing was sent to {endpoint.label}. {refusal}", messages.ERROR
                )
            else:
                LogEntry.objects.log_actions(staff_of(request).pk, sent, CHANGE, "Redelivered.")
                self.message_user(request, f"{len(sent):,} on the way to {endpoint.label} again.")

    @admin.display(description="Event")
    def event_type(self, delivery: WebhookDelivery) -> str:
        """Return the type of the event in words."""
        return delivery.event.get_type_display()

    @admin.display(description="Endpoint")
    def endpoint_url(self, delivery: WebhookDelivery) -> str:
        """Return the endpoint's address."""
        return delivery.endpoint.url

    @admin.display(description="Endpoint")
    def endpoint_label(self, delivery: WebhookDelivery) -> str:
        """Return what the endpoint is called."""
        return delivery.endpoint.label

    @admin.display(description="Event")
    def event_link(self, delivery: WebhookDelivery) -> str:
        """Return a link to the event."""
        address = reverse("admin:organizations_event_change", args=[delivery.event_id])
        return format_html('<a href="{}">{}</a>', address, self.event_type(delivery))

    @admin.display(description="Endpoint")
    def endpoint_link(self, delivery: WebhookDelivery) -> str:
        """Return a link to the endpoint."""
        address = reverse("admin:organizations_webhookendpoint_change", args=[delivery.endpoint_id])
        return format_html('<a href="{}">{}</a>', address, delivery.endpoint.label)
