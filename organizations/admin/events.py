"""The admin of events, read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from config.admin.large_tables import ReadOnlyAdmin
from config.admin.links import link
from organizations.admin.filters import ActorFilter, OrganizationFilter
from organizations.models import Event, Removal
from users.login import staff_of


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    """Shows the events of memberships."""

    list_display = ("created_at", "type", "user", "organization", "actor", "source", "connection")
    list_filter = ("type", OrganizationFilter, ActorFilter)
    list_select_related = ("user", "organization", "actor", "connection")
    search_fields = ("id", "user")
    search_help_text = (
        "Whose membership changed: a name, how an e-mail address begins, or an id. Or a trace id."
    )
    fieldsets = (
        (None, {"fields": ("type", "user", "organization", "created_at", "id")}),
        ("Who did it", {"fields": ("actor", "source", "connection", "reason", "trace_id")}),
        ("What changed", {"fields": ("details", "record")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return (
            super()
            .get_queryset(request)
            .exclude(user=staff_of(request), type__in=Event.ABOUT_SCHEDULES)
        )

    def find(self, rows: QuerySet[Event], term: str) -> QuerySet[Event]:
        of_request = rows.filter(trace_id=term)
        return of_request if of_request.exists() else super().find(rows, term)

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
        removal_id = event.data.get("removal_id")
        return link(removal_id and Removal(pk=removal_id), removal_id)


def _in_words(value: Any) -> str:
    """Return a value as text, a list separated by commas."""
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
