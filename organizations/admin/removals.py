"""The record of removals, to read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from config.admin.large_tables import LargeTableAdmin
from config.identifiers import is_id
from organizations.admin.filters import ActorFilter, OrganizationFilter
from organizations.models import Removal
from users.models import User


@admin.register(Removal)
class RemovalAdmin(LargeTableAdmin[Removal]):
    """A removal as a person reads it: nothing here can be changed."""

    list_display = (
        "created_at",
        "user",
        "organization",
        "actor",
        "source",
        "transferred_to",
        "resource_count",
    )
    list_filter = ("source", OrganizationFilter, ActorFilter)
    date_hierarchy = "created_at"
    list_select_related = ("membership__user", "organization", "actor", "transferred_to")
    search_fields = ("membership__user__email",)
    search_help_text = (
        "Who was removed: a name, how an e-mail address begins, or an id. Or a trace id."
    )
    fieldsets = (
        (None, {"fields": ("user", "organization", "created_at", "id")}),
        ("Who removed them", {"fields": ("actor", "source", "reason", "trace_id")}),
        (
            "What it took",
            {"fields": ("role_names", "department_names", "resource_count", "transferred_to")},
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Removal], search_term: str
    ) -> tuple[QuerySet[Removal], bool]:
        """Find removals by who left, by their own id, or by what asked for them."""
        if not search_term:
            return queryset, False
        if is_id("rem", search_term):
            return queryset.filter(pk=search_term), False
        # Both, since a caller chooses the trace id, perhaps one that is somebody's name; and each
        # by its index.
        of_request = Removal.objects.filter(trace_id=search_term)
        of_people = Removal.objects.filter(
            membership__user__in=User.objects.matching(search_term)
        )
        return queryset.filter(pk__in=of_request.values("pk").union(of_people.values("pk"))), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A record is left by a removal, not written."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Removal | None = None) -> bool:
        """A record is never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Removal | None = None) -> bool:
        """A record is never deleted."""
        return False

    @admin.display(description="Who was removed")
    def user(self, removal: Removal) -> str:
        """Name the former member."""
        return str(removal.membership.user)

    @admin.display(description="Roles taken")
    def role_names(self, removal: Removal) -> str:
        """Name the roles that were deleted."""
        return _named(removal.roles)

    @admin.display(description="Departments left")
    def department_names(self, removal: Removal) -> str:
        """Name the departments that were left."""
        return _named(removal.departments)


def _named(recorded: list[dict[str, Any]]) -> str:
    """Return the names on record."""
    return ", ".join(one["name"] for one in recorded) or "none"
