"""The admin of webhook endpoints, with their health."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from config.admin.columns import column
from config.admin.filters import QuerySetFilter
from config.admin.links import NONE, address_of, links, list_link
from config.admin.pages import page
from config.admin.row_actions import RowActions
from config.admin.stale_forms import NoLostUpdates
from config.admin.times import time_in_words
from config.errors import ContractError
from organizations.admin.filters import OrganizationFilter
from organizations.events.addresses import refuse_forbidden
from organizations.events.endpoints import (
    EVENT_TYPES,
    change_endpoint,
    rotate_secret,
    send_test,
)
from organizations.events.signature import secret_of
from organizations.guards.caller import Staff
from organizations.models import Membership, WebhookDelivery, WebhookEndpoint
from organizations.models.webhook import WebhookEndpointQuerySet
from users.admin.people import person
from users.login import staff_of

# The member made the endpoint or rotated its secret.
SECRETS_SHOWN = "Saw the secrets of webhook endpoints"


class HealthFilter(QuerySetFilter):
    """Filters endpoints by whether they are enabled and receive events."""

    title = "health"
    parameter_name = "health"
    narrowings = (
        ("enabled", "Enabled", WebhookEndpointQuerySet.enabled),
        ("failing", "Enabled and failing", lambda e: e.enabled().exclude(failing_since=None)),
        ("given-up", "Disabled by failures", WebhookEndpointQuerySet.given_up),
        ("disabled", "Disabled", WebhookEndpointQuerySet.disabled),
    )


class WebhookEndpointForm(NoLostUpdates[WebhookEndpoint]):
    """The fields of an endpoint that staff may change."""

    event_types = forms.MultipleChoiceField(
        choices=EVENT_TYPES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="The types of events that are sent; none means all, later ones too.",
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "description", "event_types")

    def clean_url(self) -> str:
        """Refuse a new address to which webhooks may not be sent. Raises ValidationError."""
        url: str = self.cleaned_data["url"]
        if "url" in self.changed_data:
            refuse_forbidden(url)
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(RowActions[WebhookEndpoint]):
    """The admin of endpoints, which changes, tests, enables and disables them.

    Only the API creates and deletes endpoints. A secret is shown once, to whoever rotates it.
    """

    form = WebhookEndpointForm
    system = column("connection", "System")
    list_display = ("url", "organization", "health", "last_success_at", "made_by")
    list_filter = (HealthFilter, OrganizationFilter)
    list_select_related = ("organization", "created_by")
    search_fields = ("id", "organization")
    search_help_text = "An id of an endpoint or an organization, or words of a name of the latter."
    actions = ("enable", "disable", "send_test")
    fieldsets = (
        (None, {"fields": ("organization", "url", "description", "event_types", "id")}),
        ("Health", {"fields": ("health", "last_success_at", "failing_since", "deliveries")}),
        ("Origin", {"fields": ("created_by", "system", "created_at", "secret_version")}),
    )
    readonly_fields = (
        *("organization", "id", "health", "last_success_at", "failing_since", "deliveries"),
        *("created_by", "system", "created_at", "secret_version"),
    )

    def title_of(self, row: WebhookEndpoint) -> str:
        described = f" {row.description}" if row.description else ""
        return f"Webhook endpoint{described} of {row.organization}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: WebhookEndpoint | None = None
    ) -> bool:
        return False

    def actions_on(self, row: WebhookEndpoint) -> dict[str, str]:
        if row.disabled_at:
            return {"enable": "Enable"}
        return {"send_test": "Send a test", "disable": "Disable"}

    def object_tools(
        self, request: HttpRequest, row: WebhookEndpoint
    ) -> Iterator[tuple[str, str, bool]]:
        if self.has_change_permission(request, row):
            address = reverse("admin:organizations_webhookendpoint_rotation", args=[row.pk])
            yield address, "Issue another secret", False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.rotation)
        name = "organizations_webhookendpoint_rotation"
        return [path("<str:endpoint_id>/secret/", view, name=name), *super().get_urls()]

    def rotation(self, request: HttpRequest, endpoint_id: str) -> HttpResponse:
        """Ask for confirmation, then give the endpoint another secret and show it."""
        endpoint = self.find_to_change(request, endpoint_id)
        if request.method == "POST":
            caller = Staff.at(request)
            endpoint = rotate_secret(endpoint.organization_id, endpoint.pk, caller=caller)
            self.log_change(request, endpoint, "Another secret was issued.")
            return page(
                self,
                request,
                "organizations/webhookendpoint/secret",
                title=f"The secret of {endpoint.label}",
                endpoint=endpoint,
                secret=secret_of(endpoint, endpoint.secret_version),
            )
        return page(
            self,
            request,
            "organizations/webhookendpoint/rotation",
            title=f"Another secret for {endpoint.label}?",
            endpoint=endpoint,
            back=address_of(endpoint),
        )

    def save_model(
        self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool
    ) -> None:
        """Save only the changed fields: a worker may write others meanwhile."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        change_endpoint(obj.organization_id, obj.pk, caller=Staff.at(request), **changes)

    @admin.display(description="Health")
    def health(self, endpoint: WebhookEndpoint) -> str:
        """Return whether events arrive, in words, or since when and why not."""
        if endpoint.disabled_at:
            since = time_in_words(endpoint.disabled_at)
            return f"Disabled since {since}: {endpoint.get_disabled_reason_display()}"
        if (held := endpoint.held_until) and endpoint.is_held(timezone.now()):
            until = time_in_words(held)
            return f"Held back until {until}: the receiver has too much to do"
        if endpoint.failing_since:
            return f"Failing since {time_in_words(endpoint.failing_since)}"
        return "Events arrive" if endpoint.last_success_at else "Nothing was sent yet"

    @admin.display(description="Created by", ordering="created_by")
    def made_by(self, endpoint: WebhookEndpoint) -> str:
        return person(endpoint.created_by) if endpoint.created_by else NONE

    @admin.display(description="Deliveries")
    def deliveries(self, endpoint: WebhookEndpoint) -> str:
        what = "See what it was sent"
        return list_link(WebhookDelivery, what, otherwise=NONE, endpoint=endpoint.pk)

    @admin.action(description="Enable selected webhook endpoints", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        self._set_enabled(request, queryset, True)

    @admin.action(description="Disable selected webhook endpoints", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        self._set_enabled(request, queryset, False)

    @admin.action(description="Send a test to selected webhook endpoints", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Send a test event to each selected endpoint; say which cannot be sent one."""
        for endpoint in queryset:
            try:
                send_test(endpoint.organization_id, endpoint.pk, caller=Staff.at(request))
            except ContractError as refusal:
                self.message_user(
                    request, f"Nothing was sent to {endpoint.url}. {refusal}", messages.ERROR
                )
            else:
                self.message_user(request, f"A test is on its way to {endpoint.url}.")

    def _set_enabled(
        self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint], is_enabled: bool
    ) -> None:
        """Enable or disable each of these endpoints; say which cannot be."""
        done, changed = "enabled" if is_enabled else "disabled", []
        for endpoint in endpoints:
            try:
                changed.append(
                    change_endpoint(
                        endpoint.organization_id,
                        endpoint.pk,
                        caller=Staff.at(request),
                        is_enabled=is_enabled,
                    )
                )
            except ContractError as refusal:
                self.message_user(request, f"Not {done}: {endpoint.url}. {refusal}", messages.ERROR)
        LogEntry.objects.log_actions(staff_of(request).pk, changed, CHANGE, f"{done.capitalize()}.")
        if changed:
            self.message_user(request, f"{len(changed):,} {done}.")


def links_to_endpoints(member: Membership) -> str:
    """Return links to the endpoints whose secret the member may have, named by their label."""
    endpoints = WebhookEndpoint.objects.shown_to(member.organization_id, [member.user_id])
    return links((endpoint, endpoint.label) for endpoint in endpoints)
