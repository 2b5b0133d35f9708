"""The admin of memberships."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join

from config.admin.filters import QuerySetFilter
from config.admin.form_search import is_form_search
from config.admin.history import RecordedHistory
from config.admin.large_tables import count_or_estimate
from config.admin.links import NONE, link, list_link
from config.admin.times import day_in_words, time_in_words
from organizations.admin.action import ConfirmedActionsAdmin
from organizations.admin.assignments import (
    AssignmentAdmin,
    DepartmentMembershipInline,
    RoleAssignmentInline,
    choices_of,
)
from organizations.admin.filters import OrganizationFilter
from organizations.admin.member_deactivation import Deactivation, Reactivation
from organizations.admin.member_removal import RemovalAction
from organizations.admin.member_restoration import RestorationAction
from organizations.admin.scheduled_removals import sight_of_pending
from organizations.admin.transfers import LeftoverTransfer
from organizations.admin.webhook_endpoints import SECRETS_SHOWN, links_to_endpoints
from organizations.models import (
    Connection,
    Event,
    Membership,
    OffboardingTask,
    Removal,
    Resource,
    ScheduledRemoval,
    ScimIdentity,
)
from organizations.models.membership import MembershipQuerySet
from users.admin.people import person
from users.models import AccessToken


class StateFilter(QuerySetFilter):
    """Filters by state; by default it shows current members, active and deactivated."""

    title = "state"
    parameter_name = "state"
    narrowings = (
        ("active", "Active", MembershipQuerySet.active),
        ("deactivated", "Deactivated", MembershipQuerySet.deactivated),
        ("former", "Former", MembershipQuerySet.former),
        ("all", "All", MembershipQuerySet.all),
    )

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the choices, the default one with the name "Members"."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Members"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset & Membership.objects.current()
        return super().queryset(request, queryset)


@admin.register(Membership)
class MembershipAdmin(
    AssignmentAdmin, ConfirmedActionsAdmin[Membership], RecordedHistory[Membership]
):
    """The list and page of members."""

    list_display = ("member", "organization", "state", "role_names", "department_names", "since")
    list_filter = (StateFilter, OrganizationFilter)
    list_select_related = ("user", "organization")
    confirmed_actions = (
        Deactivation,
        Reactivation,
        RemovalAction,
        RestorationAction,
        LeftoverTransfer,
    )
    recorded_columns = ("done_at", "what", "by", "through", "why", "record")
    autocomplete_fields = ("organization", "user")
    search_fields = ("organization__id", "user")
    search_help_text = (
        "A name, how an e-mail address begins, or an id of a user or an organization."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return (
            super()
            .get_queryset(request)
            .prefetch_related("role_assignments__role", "department_memberships__department")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Membership], search_term: str
    ) -> tuple[QuerySet[Membership], bool]:
        """Search; for a form's select, among active members of the organization that it names."""
        if is_form_search(request):
            queryset = queryset.filter(
                is_active=True, organization=request.GET.get("organization", "")
            ).select_related("user", "organization")
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; a search among members also says how many former members it would find."""
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and (context := response.context_data):
            changelist: ChangeList | None = context.get("cl")
            if changelist and changelist.query and StateFilter.parameter_name not in request.GET:
                former: Any = self.find(Membership.objects.former(), changelist.query)
                for spec in changelist.filter_specs:
                    if not isinstance(spec, StateFilter):
                        former = spec.queryset(request, former)
                context["former_count"] = count_or_estimate(former)
                context["former_address"] = changelist.get_query_string({"state": "former"})
        return response

    def recorded(self, row: Membership) -> QuerySet[Event]:
        return Event.objects.filter(organization=row.organization_id, user=row.user_id)

    def recorded_filters(self, row: Membership) -> dict[str, str]:
        return {"q": row.user_id, "organization": row.organization_id}

    def title_of(self, row: Membership) -> str:
        tenure = "in" if row.is_current else "formerly in"
        return f"{row.user.name}, {tenure} {row.organization}"

    def related_lists(self, row: Membership) -> Iterator[tuple[type[Model], str, dict[str, str]]]:
        here = self.recorded_filters(row)
        yield Resource, "resources", here
        yield Event, "events", here
        yield Removal, "removals", here
        yield OffboardingTask, "offboarding tasks", here
        yield ScheduledRemoval, "scheduled removals", here
        yield AccessToken, "access tokens", {"q": row.user_id}

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns, with the date of the removal if the list may show former members."""
        shows_former = StateFilter.parameter_name in request.GET
        return (*self.list_display, "until") if shows_former else self.list_display

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[Any]:
        if obj is None:
            return ["organization", "user", *choices_of(request)]
        managed = ["managed_by"] if obj.is_current else []
        if obj.is_current and request.user.has_perm("organizations.view_scimidentity"):
            managed.append("directory_identity")
        deactivated = ["deactivated_at"] if obj.deactivated_at else []
        ended = [] if obj.is_current else ["deleted_at", "record"]
        # Nobody sees their own scheduled removal.
        is_own = obj.user == request.user
        is_hidden = not obj.is_current or is_own or not sight_of_pending(request)
        scheduled = [] if is_hidden else ["scheduled"]
        owned = ["resources"] if request.user.has_perm("organizations.view_resource") else []
        return [
            *("organization", "user", "state", "created_at"),
            *(*deactivated, *managed, *ended, *scheduled, *owned, "webhook_endpoints"),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[Any]:
        if obj is None:
            return []
        return self.get_fields(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Membership | None) -> list[Any]:
        is_member = obj is not None and obj.is_current
        return [RoleAssignmentInline, DepartmentMembershipInline] if is_member else []

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return (obj is None or obj.is_current) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Forbid deletion: a membership ends by a removal."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save; redirect to the current page if the member was removed meanwhile."""
        if request.method == "POST" and object_id:
            member = self.get_object(request, unquote(object_id))
            is_seen = self.has_view_or_change_permission(request, member)
            if member and is_seen and (ended := member.deleted_at):
                self.message_user(
                    request,
                    f"Nothing was saved: on {time_in_words(ended)} {member.user}"
                    f" was removed from {member.organization}.",
                    messages.ERROR,
                )
                return redirect("admin:organizations_membership_change", member.pk)
        return super().changeform_view(request, object_id, form_url, extra_context)

    @admin.display(description="Member", ordering="user")
    def member(self, membership: Membership) -> str:
        return person(membership.user)

    @admin.display(description="State")
    def state(self, membership: Membership) -> str:
        if not membership.is_current:
            return "Former"
        return "Active" if membership.is_active else "Deactivated"

    @admin.display(description="Since", ordering="created_at")
    def since(self, membership: Membership) -> str:
        return day_in_words(membership.created_at)

    @admin.display(description="Removed", ordering="deleted_at")
    def until(self, membership: Membership) -> str | None:
        ended = membership.deleted_at
        return day_in_words(ended) if ended else None

    @admin.display(description="Roles")
    def role_names(self, membership: Membership) -> str:
        return ", ".join(sorted(a.role.name for a in membership.role_assignments.all()))

    @admin.display(description="Departments")
    def department_names(self, membership: Membership) -> str:
        return ", ".join(sorted(d.department.name for d in membership.department_memberships.all()))

    @admin.display(description="Managed by")
    def managed_by(self, membership: Membership) -> str:
        member = membership.organization_id, [membership.user_id]
        connection = Connection.objects.managing(*member).get(membership.user_id)
        if connection is None:
            return "No directory"
        return format_html(
            "{}. If removed here, they are added again at its next cycle, unless it no longer"
            " assigns them.",
            link(connection),
        )

    @admin.display(description="Directory's identity")
    def directory_identity(self, membership: Membership) -> str:
        member = membership.organization_id, [membership.user_id]
        connection = Connection.objects.managing(*member).get(membership.user_id)
        identity = connection and (
            ScimIdentity.objects.of(connection).filter(user=membership.user_id).first()
        )
        return link(identity)

    @admin.display(description="Scheduled removal")
    def scheduled(self, membership: Membership) -> str:
        schedule = ScheduledRemoval.objects.pending().of([membership]).first()
        return link(schedule, schedule and time_in_words(schedule.remove_at))

    @admin.display(description="Record of the removal")
    def record(self, membership: Membership) -> str:
        what = "See who removed them, and what it took"
        return link(membership.removal, what, otherwise=NONE)

    @admin.display(description="Resources")
    def resources(self, membership: Membership) -> str:
        there = Resource.objects.filter(organization=membership.organization_id)
        here = {"organization": membership.organization_id, "q": membership.user_id}
        of_types = (
            (list_link(Resource, f"{type_name} {count:,}", **here, type=type_name),)
            for type_name, count in there.owned_by(membership.user_id).total_by_type().items()
        )
        return format_html_join(", ", "{}", of_types) or NONE

    @admin.display(description=SECRETS_SHOWN)
    def webhook_endpoints(self, membership: Membership) -> str:
        return links_to_endpoints(membership)
