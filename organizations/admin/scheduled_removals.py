"""The admin of scheduled removals, which shows and cancels them."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from config.admin.read_only import ReadOnlyAdmin
from config.identifiers import is_id
from organizations.admin.filters import OrganizationFilter
from organizations.exceptions import ScheduledRemovalNotFoundError
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Staff
from organizations.models import ScheduledRemoval
from organizations.models.scheduled_removal import ScheduledRemovalQuerySet
from organizations.schedule.service import cancel_scheduled_removal
from users.login import staff_of
from users.models import User


class StateFilter(admin.SimpleListFilter):
    """Filters scheduled removals by their state."""

    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the states, and "open" for those that need staff's attention."""
        return [
            *ScheduledRemoval.STATES,
            ("open", "Failed, and still a member"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[ScheduledRemoval]:
        """Return the scheduled removals in the chosen state."""
        assert isinstance(queryset, ScheduledRemovalQuerySet)  # noqa: S101  # the manager's
        state = self.value()
        if state is None:
            return queryset
        return queryset.failed() if state == "open" else queryset.in_state(state)


@admin.register(ScheduledRemoval)
class ScheduledRemovalAdmin(ReadOnlyAdmin[ScheduledRemoval]):
    """Shows scheduled removals and cancels them; nobody sees their own."""

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
        """Return the scheduled removals without the reader's own."""
        return super().get_queryset(request).exclude(membership__user=staff_of(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ScheduledRemoval], search_term: str
    ) -> tuple[QuerySet[ScheduledRemoval], bool]:
        """Return the schedule with this id, or those of the members found."""
        if not search_term:
            return queryset, False
        if is_id("sch", search_term):
            return queryset.filter(pk=search_term), False
        return queryset.filter(membership__user__in=User.objects.matching(search_term)), False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may cancel; the permission to remove members includes it."""
        return REMOVE.is_staffs(request.user)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **options: Any
    ) -> HttpResponse:
        """Offer the action on the page of one that is pending, too."""
        schedule: ScheduledRemoval = context["original"]
        context["can_be_cancelled"] = (
            schedule.state == ScheduledRemoval.Status.PENDING
            and self.has_cancel_permission(request)
        )
        return super().render_change_form(request, context, *args, **options)

    @admin.action(description="Cancel selected scheduled removals", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ScheduledRemoval]) -> None:
        """Cancel those of the selected removals that are still pending."""
        cancelled = []
        for schedule in queryset.select_related("membership"):
            try:
                cancel_scheduled_removal(
                    schedule.organization_id,
                    schedule.membership.user_id,
                    caller=Staff.at(request),
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
        """Return a link to the member."""
        address = reverse("admin:organizations_membership_change", args=[schedule.membership_id])
        return format_html('<a href="{}">{}</a>', address, schedule.membership.user)

    @admin.display(description="Status", ordering="status")
    def state(self, schedule: ScheduledRemoval) -> str:
        """Return the state in words."""
        return dict(ScheduledRemoval.STATES)[schedule.state]

    @admin.display(description="Record of the removal")
    def record(self, schedule: ScheduledRemoval) -> str:
        """Return a link to the record of the removal, if it was done."""
        if schedule.removal_id is None:
            return "-"
        address = reverse("admin:organizations_removal_change", args=[schedule.removal_id])
        return format_html('<a href="{}">{}</a>', address, schedule.removal_id)
