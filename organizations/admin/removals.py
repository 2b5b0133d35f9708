"""The record of removals, to read."""

from django.contrib import admin
from django.http import HttpRequest

from organizations.models import Removal


@admin.register(Removal)
class RemovalAdmin(admin.ModelAdmin[Removal]):
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
    list_filter = ("source",)
    list_select_related = ("membership__user", "organization", "actor", "transferred_to")
    search_fields = (
        "id__exact",
        "organization__id__exact",
        "membership__user__id__exact",
        "membership__user__email__startswith",
        "trace_id__exact",
    )
    search_help_text = (
        "An id of a removal, an organization or a user, a trace id, or how an address begins."
    )
    ordering = ("-id",)
    show_full_result_count = False
    fields = (
        "id",
        "created_at",
        "user",
        "organization",
        "actor",
        "source",
        "reason",
        "role_names",
        "department_names",
        "resource_count",
        "transferred_to",
        "trace_id",
    )
    readonly_fields = fields

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
        return ", ".join(role["name"] for role in removal.roles) or "none"

    @admin.display(description="Departments left")
    def department_names(self, removal: Removal) -> str:
        """Name the departments that were left."""
        return ", ".join(department["name"] for department in removal.departments) or "none"
