"""The admin of events, read-only."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from config.admin.columns import column
from config.admin.links import NONE, link
from config.admin.times import day_in_words, time_in_words
from config.identifiers import only_ids
from config.timestamps import moment_of
from organizations.admin.exported import ExportedAdmin
from organizations.admin.filters import ActorFilter, OrganizationFilter
from organizations.admin.record_columns import RecordColumns
from organizations.admin.scheduled_removals import sight_of_pending
from organizations.export.events import EVENTS
from organizations.models import Event, Membership, OffboardingTask, Removal, ScheduledRemoval
from organizations.models.event import EventQuerySet
from users.admin.people import person
from users.login import staff_of
from users.models import User

REASON_ON_RECORD = (Event.Type.MEMBER_REMOVED, Event.Type.REMOVAL_SCHEDULED)


@admin.register(Event)
class EventAdmin(RecordColumns, ExportedAdmin[Event]):
    """Shows the events of memberships."""

    export = EVENTS
    done_at = column("created_at", "When")
    whose = column("user", "Whose membership")
    where = column("organization", "Organization")
    done_by = column("actor", "Done by")
    list_display = ("done_at", "what", "concerned", "organization", "by", "through")
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

    def related_lists(self, row: Event) -> Iterator[tuple[type[Model], str, dict[str, str]]]:
        if row.user_id:
            here = {"q": row.user_id, "organization": row.organization_id}
            yield Membership, "their memberships there", {**here, "state": "all"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        events = super().get_queryset(request)
        assert isinstance(events, EventQuerySet)  # noqa: S101  # the manager's
        return events.seen_by(staff_of(request).pk, sight_of_pending(request))

    def title_of(self, row: Event) -> str:
        person = f"{row.user.name}, " if row.user else ""
        when = day_in_words(row.created_at)
        return f"{row.get_type_display()}: {person}{row.organization}, {when}"

    def find(self, rows: QuerySet[Event], term: str) -> QuerySet[Event]:
        of_request = rows.filter(trace_id=term)
        return of_request if of_request.exists() else super().find(rows, term)

    @admin.display(description="What", ordering="type")
    def what(self, event: Event) -> str:
        """Return what happened, with a scheduled removal's date or a task's key and state."""
        happened = event.get_type_display()
        if remove_at := parse_datetime(event.data.get("remove_at", "")):
            return f"{happened}: for {time_in_words(remove_at)}"
        if not (key := event.data.get("task_id") and event.data.get("key")):
            return happened
        state, count = event.data.get("state"), event.data.get("count")
        became = f", {OffboardingTask.State(state).label.lower()}" if state else ""
        passed_on = "" if count is None else f", {count:,} passed on there"
        return f"{happened}: {key}{became}{passed_on}"

    @admin.display(description="User", ordering="user")
    def concerned(self, event: Event) -> str:
        return person(event.user) if event.user else NONE

    @admin.display(description="Details")
    def details(self, event: Event) -> str:
        return details_of(event)

    @admin.display(description="Reason")
    def why(self, event: Event) -> str:
        """Return the reason, or that the record has it, which a removal writes."""
        return event.reason or ("on the record" if event.type in REASON_ON_RECORD else NONE)

    @admin.display(description="Record")
    def record(self, event: Event) -> str:
        """Return a link to the record of the removal, or to the scheduled removal."""
        if removal_id := event.data.get("removal_id"):
            return link(Removal(pk=removal_id), "See what it took", otherwise=NONE)
        if schedule_id := event.data.get("scheduled_removal_id"):
            schedule = ScheduledRemoval(pk=schedule_id)
            return link(schedule, "See what was scheduled", otherwise=NONE)
        return NONE


def details_of(event: Event) -> str:
    """Return the data of an event as text; what was deleted since is named by its id."""
    ids = set(_texts(event.data))
    names = {
        row.pk: str(row)
        for rows in (
            event.organization.departments.filter(pk__in=only_ids("dept", ids)),
            event.organization.roles.filter(pk__in=only_ids("role", ids)),
            User.objects.filter(pk__in=only_ids("usr", ids)),
        )
        for row in rows
    }
    return (
        "; ".join(f"{_label(key)}: {_in_words(value, names)}" for key, value in event.data.items())
        or NONE
    )


def _label(key: str) -> str:
    return key.removesuffix("_id").replace("_", " ")


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts(each)
        case dict():
            yield from _texts([*value.values()])


def _in_words(value: Any, names: dict[str, str]) -> str:
    """Return a value as text: an id by its name, a time in the reader's zone, a list by commas."""
    match value:
        case None | []:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str() if moment := moment_of(value):
            return time_in_words(moment)
        case list():
            return ", ".join(_in_words(each, names) for each in value)
        case dict():
            return " ".join(
                f"{_label(key)} {_in_words(each, names)}" for key, each in value.items()
            )
    return names.get(str(value), str(value))
