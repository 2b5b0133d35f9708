"""Removals on a date: what is pending, what became of the others, and cancelling."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from config.admin.read_only import ReadOnlyAdmin
from config.admin.site import staff_of
from config.identifiers import is_id
from config.trace import trace_id_of
from organizations.access import staff_may
from organizations.admin.filters import OrganizationFilter
from organizations.exceptions import ScheduledRemovalNotFoundError
from organizations.models import ScheduledRemoval, Source
from organizations.models.scheduled_removal import ScheduledRemovalQuerySet
from organizations.schedule.service import cancel_scheduled_removal
from users.models import User


class StateFilter(admin.SimpleListFilter):
    """Filters by what became of them."""

    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the states, and what needs staff."""
        return [
            *ScheduledRemoval.STATES,
            ("open", "Failed, and still a member"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[ScheduledRemoval]:
        """Return those in the state."""
        assert isinstance(queryset, ScheduledRemovalQuerySet)  # noqa: S101  # the manager's
        state = self.value()
        if state is None:
            return queryset
        return queryset.failed() if state == "open" else queryset.in_state(state)


@admin.register(ScheduledRemoval)
class ScheduledRemovalAdmin(ReadOnlyAdmin[ScheduledRemoval]):
    """A removal that is due at a time, as a person reads it; nobody sees their own."""

    list_display = ("remove_at", "member", "organization", "state", "failure", "requested_by")
    list_filter = (StateFilter, OrganizationFilter)
    list_select_related = ("membership__user", "organization", "requested_by")
    search_fields = ("id",)
    search_help_text = "Whose removal: a name, how an e-mail address begins, or an id."
    actions = ("cancel",)
    fieldsets = (
        (None, {"fields": ("member", "organization", "remove_at", "id")}),
        ("Who asked for it", {"fields": ("requested_by", "source", "requested_at", "reason")}),
        ("Who takes over", {"fields": ("transferred_to", "transferred_to_user")}),
        (
            "What became of it",
            {"fields": ("state", "record", "failure", "cancelled_by", "ended_at")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduledRemoval]:
        """Leave out the removal of whoever looks."""
        return super().get_queryset(request).exclude(membership__user=staff_of(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ScheduledRemoval], search_term: str
    ) -> tuple[QuerySet[ScheduledRemoval], bool]:
        """Find schedules by the member, or by their own id."""
        if not search_term:
            return queryset, False
        if is_id("sch", search_term):
            return queryset.filter(pk=search_term), False
        return queryset.filter(membership__user__in=User.objects.matching(search_term)), False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Whether the action is offered: to whoever may remove members."""
        return staff_may(request.user, "remove")

    @admin.action(description="Cancel selected scheduled removals", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ScheduledRemoval]) -> None:
        """Cancel what of the selection is still pending."""
        cancelled = []
        for schedule in queryset.select_related("membership"):
            try:
                cancel_scheduled_removal(
                    schedule.organization_id,
                    schedule.membership.user_id,
                    actor=staff_of(request),
                    source=Source.ADMIN,
                    trace_id=trace_id_of(request),
                    schedule_id=schedule.pk,
                )
            except ScheduledRemovalNotFoundError:
                continue
            cancelled.append(schedule)
        LogEntry.objects.log_actions(staff_of(request).pk, cancelled, CHANGE, "Cancelled.")
        if cancelled:
            self.message_user(request, f"Cancelled: {len(cancelled):,}.")
        if missed := queryset.count() - len(cancelled):
            self.message_user(
                request, f"Not pending any more, and not changed: {missed:,}.", messages.WARNING
            )

    @admin.display(description="Member", ordering="membership")
    def member(self, schedule: ScheduledRemoval) -> str:
        """Lead to the member."""
        address = reverse("admin:organizations_membership_change", args=[schedule.membership_id])
        return format_html('<a href="{}">{}</a>', address, schedule.membership.user)

    @admin.display(description="Status", ordering="status")
    def state(self, schedule: ScheduledRemoval) -> str:
        """Say what became of it."""
        return dict(ScheduledRemoval.STATES)[schedule.state]

    @admin.display(description="Record of the removal")
    def record(self, schedule: ScheduledRemoval) -> str:
        """Lead to what it took."""
        if schedule.removal_id is None:
            return "-"
        address = reverse("admin:organizations_removal_change", args=[schedule.removal_id])
        return format_html('<a href="{}">{}</a>', address, schedule.removal_id)
