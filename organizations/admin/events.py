"""The admin of events, read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format

from config.admin.columns import column
from config.admin.large_tables import ReadOnlyAdmin
from config.admin.links import link
from organizations.admin.filters import ActorFilter, OrganizationFilter
from organizations.admin.words import RecordColumns
from organizations.models import Event, Removal
from users.login import staff_of


@admin.register(Event)
class EventAdmin(RecordColumns, ReadOnlyAdmin[Event]):
    """Shows the events of memberships."""

    done_at = column("created_at", "When")
    done_by = column("actor", "Done by")
    list_display = ("done_at", "type", "user", "organization", "done_by", "through", "system")
    list_filter = ("type", OrganizationFilter, ActorFilter)
    list_select_related = ("user", "organization", "actor", "connection")
    search_fields = ("id", "user")
    search_help_text = (
        "Whose membership changed: a name, how an e-mail address begins, or an id."
        " Or the id of a request."
    )
    fieldsets = (
        (None, {"fields": ("type", "user", "organization", "done_at", "id")}),
        ("Who did it", {"fields": ("done_by", "through", "system", "reason", "request_id")}),
        ("What changed", {"fields": ("details", "record")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return (
            super()
            .get_queryset(request)
            .exclude(user=staff_of(request), type__in=Event.ABOUT_SCHEDULES)
        )

    def title_of(self, row: Event) -> str:
        person = f"{row.user.name}, " if row.user else ""
        when = date_format(row.created_at)
        return f"{row.get_type_display()}: {person}{row.organization}, {when}"

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
        return link(removal_id and Removal(pk=removal_id), "See what it took")


def _in_words(value: Any) -> str:
    """Return a value as text, a list separated by commas."""
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
