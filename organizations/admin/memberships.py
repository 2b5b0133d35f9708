"""Who belongs to an organization."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from organizations.models import Membership


class StateFilter(admin.SimpleListFilter):
    """Members of today, unless former ones are asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Membership]
    ) -> list[tuple[str, str]]:
        """Return what can be asked for besides the default."""
        return [("former", "Former"), ("all", "All")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Call the default by its name."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Active"}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Membership]
    ) -> QuerySet[Membership]:
        """Narrow the memberships to that state."""
        if self.value() == "former":
            return queryset.exclude(deleted_at=None)
        return queryset if self.value() == "all" else queryset.filter(deleted_at=None)


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin[Membership]):
    """A member: who, where, with what."""

    list_display = (
        "user",
        "organization",
        "role_names",
        "department_names",
        "created_at",
        "deleted_at",
    )
    list_filter = (StateFilter,)
    list_select_related = ("user", "organization")
    autocomplete_fields = ("organization", "user")
    search_fields = ("user__id__exact", "user__email__startswith", "organization__id__exact")
    search_help_text = "An id of a user or an organization, or how an e-mail address begins."
    ordering = ("-pk",)
    show_full_result_count = False
    readonly_fields = ("created_at", "deleted_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Return memberships with what the list shows of them."""
        return (
            super()
            .get_queryset(request)
            .prefetch_related("role_assignments__role", "department_memberships__department")
        )

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """A membership ends by a removal; it is not deleted."""
        return False

    @admin.display(description="Roles")
    def role_names(self, membership: Membership) -> str:
        """Name the roles."""
        return ", ".join(sorted(a.role.name for a in membership.role_assignments.all()))

    @admin.display(description="Departments")
    def department_names(self, membership: Membership) -> str:
        """Name the departments."""
        return ", ".join(sorted(d.department.name for d in membership.department_memberships.all()))
