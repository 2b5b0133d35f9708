"""The admin of scheduled removals, which shows and cancels them."""

from operator import methodcaller

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from config.admin.columns import column
from config.admin.filters import QuerySetFilter
from config.admin.large_tables import ReadOnlyAdmin
from config.admin.links import NONE, link
from config.admin.row_actions import RowActions
from config.admin.times import day_in_words, time_in_words
from config.errors import ContractError
from config.retries import retried
from organizations.admin.filters import OrganizationFilter
from organizations.admin.record_columns import RecordColumns
from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.exceptions import ScheduledRemovalNotFoundError
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Staff
from organizations.models import ScheduledRemoval
from organizations.models.scheduled_removal import ScheduledRemovalQuerySet
from organizations.schedule.service import cancel_scheduled_removal
from users.admin.people import person
from users.login import staff_of


def sight_of_pending(request: HttpRequest) -> frozenset[Capability]:
    """Return the capabilities by which the reader sees pending removals of others.

    A user who may list them or remove members sees all; any other sees none.
    """
    may_list = request.user.has_perm("organizations.view_scheduledremoval")
    return ALL_CAPABILITIES if may_list or REMOVE.is_staffs(request.user) else frozenset()


class StateFilter(QuerySetFilter):
    """Filters scheduled removals by their state; the open ones need staff's attention."""

    title = "status"
    parameter_name = "state"
    narrowings = (
        *(
            (state, name, methodcaller("in_state", state))
            for state, name in ScheduledRemoval.STATES
        ),
        ("open", "Failed, and still a member", ScheduledRemovalQuerySet.failed),
    )


@admin.register(ScheduledRemoval)
class ScheduledRemovalAdmin(
    RecordColumns, RowActions[ScheduledRemoval], ReadOnlyAdmin[ScheduledRemoval]
):
    """Shows scheduled removals and cancels them; nobody sees their own."""

    leaves_at = column("remove_at", "Removal on")
    asked_at = column("requested_at", "Asked for at")
    asked_by = column("requested_by", "Asked for by")
    over_at = column("ended_at", "Over since")
    cancelled_by_system = column("cancelled_by_connection", "Cancelled by system")
    list_display = ("leaves_at", "member", "organization", "state", "why_it_failed", "asked_by")
    list_filter = (StateFilter, OrganizationFilter)
    list_select_related = ("membership__user", "organization", "requested_by")
    search_fields = ("id", "membership__user")
    search_help_text = "Whose removal: a name, how an e-mail address begins, or an id."
    actions = ("cancel",)
    fieldsets = (
        (None, {"fields": ("member", "organization", "leaves_at", "id")}),
        (
            "Who asked for it",
            {"fields": ("asked_by", "through", "system", "asked_at", "reason")},
        ),
        ("Who takes over", {"fields": ("passes_to", "targets_by_type")}),
        (
            "What became of it",
            {
                "fields": (
                    *("state", "record", "why_it_failed"),
                    *("cancelled_by", "cancelled_by_system", "over_at"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduledRemoval]:
        return super().get_queryset(request).exclude(membership__user=staff_of(request))

    def title_of(self, row: ScheduledRemoval) -> str:
        person, when = row.membership.user.name, day_in_words(row.remove_at)
        return f"Removal of {person} from {row.organization} on {when}"

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may cancel; the permission to remove members includes it."""
        return REMOVE.is_staffs(request.user)

    def actions_on(self, row: ScheduledRemoval) -> dict[str, str]:
        is_pending = row.state == ScheduledRemoval.Status.PENDING
        return {"cancel": "Cancel this removal"} if is_pending else {}

    @admin.action(description="Cancel selected scheduled removals", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ScheduledRemoval]) -> None:
        """Cancel those of the selected removals that are still pending."""
        cancelled = missed = 0
        for schedule in queryset.select_related("membership"):
            try:
                self._cancel(request, schedule)
            except ScheduledRemovalNotFoundError:
                missed += 1
            except ContractError as refusal:  # the user may not any more
                self.message_user(request, f"The others stay. {refusal}", messages.ERROR)
                break
            else:
                cancelled += 1
        if cancelled:
            self.message_user(request, f"Cancelled: {cancelled:,}.")
        if missed:
            self.message_user(
                request, f"Not pending any more, and not changed: {missed:,}.", messages.WARNING
            )

    @retried
    @transaction.atomic
    def _cancel(self, request: HttpRequest, schedule: ScheduledRemoval) -> None:
        """Cancel one and write the admin's log. Raises as `cancel_scheduled_removal`."""
        cancel_scheduled_removal(
            schedule.organization_id,
            schedule.membership.user_id,
            caller=Staff.at(request),
            schedule_id=schedule.pk,
        )
        LogEntry.objects.log_actions(staff_of(request).pk, [schedule], CHANGE, "Cancelled.")

    @admin.display(description="Member", ordering="membership")
    def member(self, schedule: ScheduledRemoval) -> str:
        return link(schedule.membership, person(schedule.membership.user))

    @admin.display(description="Status", ordering="status")
    def state(self, schedule: ScheduledRemoval) -> str:
        return dict(ScheduledRemoval.STATES)[schedule.state]

    @admin.display(description="Why it failed")
    def why_it_failed(self, schedule: ScheduledRemoval) -> str:
        return schedule.failure.replace("_", " ").capitalize() or NONE

    @admin.display(description="Passes to, by default")
    def passes_to(self, schedule: ScheduledRemoval) -> str:
        return str(schedule.transferred_to or schedule.transferred_to_user or NONE)

    @admin.display(description="Types that pass to others")
    def targets_by_type(self, schedule: ScheduledRemoval) -> str:
        transfers = schedule.transfers_by_type.order_by("type")
        targets = (
            f"{each.type} to {each.transferred_to or each.transferred_to_user}"
            for each in transfers.select_related("transferred_to", "transferred_to_user")
        )
        return "; ".join(targets) or NONE

    @admin.display(description="Record of the removal")
    def record(self, schedule: ScheduledRemoval) -> str:
        removal = schedule.removal
        return link(removal, removal and time_in_words(removal.created_at))
