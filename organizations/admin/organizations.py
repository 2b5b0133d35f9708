"""Organizations, their departments and their roles."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from config.admin.large_tables import COUNTED_UP_TO, LargeTableAdmin, count_or_estimate
from config.admin.refused_changes import RefusedChanges
from organizations.admin.filters import OrganizationFilter
from organizations.capabilities import Capability
from organizations.models import Department, Membership, Organization, Resource, Role


@admin.register(Organization)
class OrganizationAdmin(LargeTableAdmin[Organization]):
    """An organization with its numbers at a glance, each leading to what it counts."""

    list_display = ("name", "id", "created_at")
    search_fields = ("name",)
    search_help_text = "An id, or how the name begins."
    numbers = ("active_members", "former_members", "resources", "resources_whose_owner_has_left")
    readonly_fields = ("id", "created_at", *numbers)

    def find(self, queryset: QuerySet[Organization], term: str) -> QuerySet[Organization]:
        """Find organizations by id or name."""
        return queryset & Organization.objects.matching(term)

    def get_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[str, ...]:
        """Return a name to give, or all that there is to see."""
        return ("name", *self.readonly_fields) if obj else ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        """An organization with history stays; nothing is deleted from the list."""
        if obj is None or obj.memberships.exists() or obj.resources.exists():
            return False
        return super().has_delete_permission(request, obj)

    @admin.display(description="Active members")
    def active_members(self, organization: Organization) -> str:
        """Count the members of today."""
        return _number_with_link(organization.memberships.current(), organization)

    @admin.display(description="Former members")
    def former_members(self, organization: Organization) -> str:
        """Count the memberships that have ended."""
        return _number_with_link(organization.memberships.former(), organization, state="former")

    @admin.display(description="Resources")
    def resources(self, organization: Organization) -> str:
        """Count what belongs to the organization."""
        return _number_with_link(organization.resources.all(), organization)

    @admin.display(description="Resources whose owner has left")
    def resources_whose_owner_has_left(self, organization: Organization) -> str:
        """Count what somebody owns who is no member."""
        orphans = Resource.objects.whose_owner_has_left().filter(organization=organization)
        return _number_with_link(orphans, organization, owner_has_left="yes")


def _number_with_link(
    rows: QuerySet[Membership] | QuerySet[Resource], organization: Organization, **filters: str
) -> str:
    """Return how many rows of an organization there are, as a link to the list of them."""
    number = count_or_estimate(rows)
    address = reverse(f"admin:organizations_{rows.model._meta.model_name}_changelist")
    query = urlencode({"organization": organization.pk, **filters})
    text = f"{number:,}" if number <= COUNTED_UP_TO else f"about {number:,}"
    return format_html('<a href="{}?{}">{}</a>', address, query, text)


@admin.register(Department)
class DepartmentAdmin(RefusedChanges, LargeTableAdmin[Department]):
    """A department."""

    list_display = ("name", "organization", "id")
    list_filter = (OrganizationFilter,)
    list_select_related = ("organization",)
    autocomplete_fields = ("organization",)
    search_fields = ("id__exact", "name__istartswith")
    search_help_text = "An id, or how the name begins."
    readonly_fields = ("id",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Department | None = None
    ) -> tuple[str, ...]:
        """A department stays in its organization."""
        return ("id", "organization") if obj else ("id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Department], search_term: str
    ) -> tuple[QuerySet[Department], bool]:
        """Find departments; a form that asks for those of one organization says which."""
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            organization_id = request.GET.get("organization")
            queryset = queryset.order_by("name", "pk")
            if organization_id is not None:
                queryset = queryset.filter(organization=organization_id)
        return super().get_search_results(request, queryset, search_term)

    def has_view_permission(self, request: HttpRequest, obj: Department | None = None) -> bool:
        """Who removes members looks for the department that takes over."""
        return request.user.has_perm(
            "organizations.remove_membership"
        ) or super().has_view_permission(request, obj)


class RoleForm(forms.ModelForm[Role]):
    """A role, with its capabilities to tick."""

    capabilities = forms.MultipleChoiceField(
        choices=Capability.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Role
        fields = ("organization", "name", "capabilities")


@admin.register(Role)
class RoleAdmin(RefusedChanges, LargeTableAdmin[Role]):
    """A role and what it allows."""

    form = RoleForm
    list_display = ("name", "organization", "is_owner", "id")
    list_filter = ("is_owner", OrganizationFilter)
    list_select_related = ("organization",)
    autocomplete_fields = ("organization",)
    search_fields = ("id__exact", "name__istartswith")
    search_help_text = "An id, or how the name begins."
    readonly_fields = ("id", "is_owner")

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        """A role stays in its organization."""
        return (*self.readonly_fields, "organization") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        """The Owner role stays, of which an organization cannot be given another."""
        return not (obj and obj.is_owner) and super().has_delete_permission(request, obj)
