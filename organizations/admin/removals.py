"""The admin of the records of removals, read-only."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from config.admin.columns import column
from config.admin.links import NONE, link, list_link
from config.admin.times import day_in_words, time_in_words
from config.identifiers import is_id
from organizations.admin.exported import ExportedAdmin
from organizations.admin.filters import (
    ActorFilter,
    OrganizationFilter,
    SinceFilter,
    SourceFilter,
    UntilFilter,
)
from organizations.admin.member_restoration import can_be_restored
from organizations.admin.offboarding_tasks import rows_of
from organizations.admin.record_columns import RecordColumns
from organizations.admin.scheduled_removals import sight_of_pending
from organizations.admin.webhook_endpoints import SECRETS_SHOWN, links_to_endpoints
from organizations.export.removals import REMOVALS
from organizations.guards.acts import RESTORE
from organizations.models import (
    OffboardingTask,
    Removal,
    ScheduledRemoval,
)
from users.admin.people import person
from users.login import staff_of


@admin.register(Removal)
class RemovalAdmin(RecordColumns, ExportedAdmin[Removal]):
    """Shows removals, each with the restoration that undid it, if there is one."""

    export = REMOVALS
    removed_at = column("created_at", "Removed at")
    removed_by = column("actor", "Removed by")
    list_display = (
        *("removed_at", "user", "organization", "by", "through", "passed_to", "resource_count"),
    )
    list_filter = (SourceFilter, OrganizationFilter, ActorFilter, SinceFilter, UntilFilter)
    list_select_related = (
        "membership__user",
        "organization",
        "actor",
        "connection",
        "transferred_to",
        "transferred_to_user",
    )
    search_fields = ("id", "membership__user")
    search_help_text = (
        "Who was removed: a name, how an e-mail address begins, or an id. Or the id of a request."
    )
    fieldsets = (
        (None, {"fields": ("user", "organization", "removed_at", "id")}),
        (
            "Who removed them",
            {"fields": ("removed_by", "through", "system", "reason", "request_id")},
        ),
        (
            "What it took",
            {
                "fields": (
                    *("role_names", "department_names", "resources_by_type", "passed_to"),
                    "token_count",
                )
            },
        ),
        ("What stays of theirs", {"fields": ("webhook_endpoints", "staff_account")}),
    )

    def title_of(self, row: Removal) -> str:
        person = row.membership.user.name
        return f"Removal of {person} from {row.organization}, {day_in_words(row.created_at)}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Removal]:
        still_open = Prefetch("tasks", OffboardingTask.objects.open(), to_attr="still_open")
        return super().get_queryset(request).prefetch_related(still_open)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns, with open tasks for users who may view tasks."""
        may_see = request.user.has_perm("organizations.view_offboardingtask")
        return (*self.list_display, "open_tasks") if may_see else self.list_display

    def find(self, rows: QuerySet[Removal], term: str) -> QuerySet[Removal]:
        if is_id("rem", term):
            return rows.filter(pk=term)
        # Both, since a caller may choose a name as trace id. In the union, each uses its index.
        of_request = Removal.objects.filter(trace_id=term)
        of_people = super().find(Removal.objects.all(), term)
        return rows.filter(pk__in=of_request.values("pk").union(of_people.values("pk")))

    def get_fieldsets(self, request: HttpRequest, obj: Removal | None = None) -> Any:
        if obj is None or not hasattr(obj, "restoration"):
            return self.fieldsets
        return (*self.fieldsets, ("What came back", {"fields": ("restored", "not_restored")}))

    def object_tools(self, request: HttpRequest, row: Removal) -> Iterator[tuple[str, str, bool]]:
        if RESTORE.is_staffs(request.user) and can_be_restored(row.membership):
            name = "admin:organizations_membership_restoration_of_one"
            yield reverse(name, args=[row.membership_id]), "Restore the member", False

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **options: Any
    ) -> HttpResponse:
        removal: Removal | None = context.get("original")
        if removal:
            there = ScheduledRemoval.objects.pending().filter(organization=removal.organization_id)
            seen = there.seen_by(staff_of(request).pk, sight_of_pending(request))
            context["scheduled_for_others"] = seen.requested_by([removal.membership.user_id])
        if removal and request.user.has_perm("organizations.view_offboardingtask"):
            tasks = removal.tasks.with_assignees().select_related(
                "closed_by", "closed_by_connection"
            )
            rows = rows_of(request, tasks.order_by("pk"))
            context["tasks"] = rows
            context["open_task_count"] = sum(
                row.task.state == OffboardingTask.State.OPEN for row in rows
            )
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description="Who was removed")
    def user(self, removal: Removal) -> str:
        return link(removal.membership, person(removal.membership.user))

    @admin.display(description="Roles taken")
    def role_names(self, removal: Removal) -> str:
        return _names_of(removal.roles)

    @admin.display(description="Departments left")
    def department_names(self, removal: Removal) -> str:
        return _names_of(removal.departments)

    @admin.display(description="Resources")
    def resources_by_type(self, removal: Removal) -> str:
        owned = removal.removed_resources.select_related("transferred_to", "transferred_to_user")
        return "; ".join(str(each) for each in owned.order_by("type")) or "none"

    @admin.display(description="Passed to, by default")
    def passed_to(self, removal: Removal) -> str:
        return str(removal.transferred_to or removal.transferred_to_user or "-")

    @admin.display(description="Open tasks")
    def open_tasks(self, removal: Any) -> str:
        if not removal.still_open:
            return NONE
        number = f"{len(removal.still_open):,}"
        return list_link(OffboardingTask, number, q=removal.pk, state="open")

    @admin.display(description=SECRETS_SHOWN)
    def webhook_endpoints(self, removal: Removal) -> str:
        return links_to_endpoints(removal.membership)

    @admin.display(description="Account for this admin")
    def staff_account(self, removal: Removal) -> str:
        account = removal.membership.user
        if not (account.is_staff and account.is_active):
            return "-"
        disabling = link(account, "disable it there", otherwise="it has to be disabled")
        return format_html("Works still: {}", disabling)

    @admin.display(description="Restored")
    def restored(self, removal: Removal) -> str:
        restoration = removal.restoration
        return format_html(
            "{} by {}: roles {}; departments {}; resources {}",
            link(restoration.membership, time_in_words(restoration.created_at)),
            restoration.actor or restoration.connection or restoration.get_source_display(),
            _names_of(restoration.roles),
            _names_of(restoration.departments),
            f"{restoration.resource_count:,}",
        )

    @admin.display(description="Not restored")
    def not_restored(self, removal: Removal) -> str:
        restoration = removal.restoration
        tokens = restoration.tokens_not_restored
        return (
            f"roles {_names_of(restoration.roles_not_restored)};"
            f" departments {_names_of(restoration.departments_not_restored)};"
            f" resources {restoration.resources_not_restored:,};"
            f" access tokens {'-' if tokens is None else f'{tokens:,}'}"
        )


def _names_of(recorded: list[dict[str, Any]]) -> str:
    return ", ".join(one["name"] for one in recorded) or "none"
