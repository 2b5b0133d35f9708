"""The admin of events, read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from config.admin.read_only import ReadOnlyAdmin
from config.identifiers import is_id
from organizations.admin.filters import ActorFilter, OrganizationFilter
from organizations.models import Event
from users.login import staff_of
from users.models import User


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    """Shows the events of memberships."""

    list_display = ("created_at", "type", "user", "organization", "actor", "source", "connection")
    list_filter = ("type", OrganizationFilter, ActorFilter)
    list_select_related = ("user", "organization", "actor", "connection")
    search_fields = ("user__email",)
    search_help_text = (
        "Whose membership changed: a name, how an e-mail address begins, or an id. Or a trace id."
    )
    fieldsets = (
        (None, {"fields": ("type", "user", "organization", "created_at", "id")}),
        ("Who did it", {"fields": ("actor", "source", "connection", "reason", "trace_id")}),
        ("What changed", {"fields": ("details", "record")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Return the events without those about scheduled removals of the reader."""
        return (
            super()
            .get_queryset(request)
            .exclude(user=staff_of(request), type__in=Event.ABOUT_SCHEDULES)
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Return the events with this id or trace id, or of the members found."""
        if not search_term:
            return queryset, False
        if is_id("evt", search_term):
            return queryset.filter(pk=search_term), False
        of_request = queryset.filter(trace_id=search_term)
        if of_request.exists():
            return of_request, False
        return queryset.filter(user__in=User.objects.matching(search_term)), False

    @admin.display(description="Details")
    def details(self, event: Event) -> str:
        """Return the event's ids and counts as text."""
        return (
            "; ".join(
                f"{name.replace('_', ' ')}: {_in_words(value)}"
                for name, value in event.data.items()
            )
            or "-"
        )

    @admin.display(description="Record of the removal")
    def record(self, event: Event) -> str:
        """Return a link to the record of the removal, if the event has one."""
        removal_id = event.data.get("removal_id")
        if removal_id is None:
            return "-"
        address = reverse("admin:organizations_removal_change", args=[removal_id])
        return format_html('<a href="{}">{}</a>', address, removal_id)


def _in_words(value: Any) -> str:
    """Return a value as text, a list separated by commas."""
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
