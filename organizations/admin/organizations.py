"""Organizations, their departments and their roles."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from organizations.capabilities import Capability
from organizations.models import Department, Organization, Resource, Role


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin[Organization]):
    """An organization with its numbers at a glance."""

    list_display = ("name", "id", "created_at")
    search_fields = ("id__exact", "name__startswith")
    search_help_text = "An id, or how the name begins."
    ordering = ("-id",)
    show_full_result_count = False
    readonly_fields = (
        "id",
        "created_at",
        "active_members",
        "former_members",
        "resources",
        "resources_whose_owner_has_left",
    )

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        """An organization with history stays; nothing is deleted from the list."""
        if obj is None or obj.memberships.exists() or obj.resources.exists():
            return False
        return super().has_delete_permission(request, obj)

    @admin.display(description="Active members")
    def active_members(self, organization: Organization) -> int:
        """Count the members of today."""
        return organization.memberships.active().count()

    @admin.display(description="Former members")
    def former_members(self, organization: Organization) -> int:
        """Count the memberships that have ended."""
        return organization.memberships.former().count()

    @admin.display(description="Resources")
    def resources(self, organization: Organization) -> int:
        """Count what belongs to the organization."""
        return organization.resources.count()

    @admin.display(description="Resources whose owner has left")
    def resources_whose_owner_has_left(self, organization: Organization) -> int:
        """Count what a former member still owns."""
        return Resource.objects.whose_owner_has_left().filter(organization=organization).count()


@admin.register(Department)
class DepartmentAdmin(admin.ModelAdmin[Department]):
    """A department."""

    list_display = ("name", "organization", "id")
    list_select_related = ("organization",)
    autocomplete_fields = ("organization",)
    search_fields = ("id__exact", "name__startswith", "organization__id__exact")
    search_help_text = "An id of a department or an organization, or how the name begins."
    ordering = ("-id",)
    show_full_result_count = False
    readonly_fields = ("id",)


class RoleForm(forms.ModelForm[Role]):
    """A role, with its capabilities to tick."""

    capabilities = forms.MultipleChoiceField(
        choices=Capability.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Role
        fields = ("organization", "name", "capabilities")


@admin.register(Role)
class RoleAdmin(admin.ModelAdmin[Role]):
    """A role and what it allows."""

    form = RoleForm
    list_display = ("name", "organization", "is_owner", "id")
    list_filter = ("is_owner",)
    list_select_related = ("organization",)
    autocomplete_fields = ("organization",)
    search_fields = ("id__exact", "name__startswith", "organization__id__exact")
    search_help_text = "An id of a role or an organization, or how the name begins."
    ordering = ("-id",)
    show_full_result_count = False
    readonly_fields = ("id", "is_owner")
