"""The admin of organizations, departments and roles."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from config.admin.deletion import GuardedDeletion
from config.admin.filters import QuerySetFilter
from config.admin.large_tables import COUNTED_UP_TO, LargeTableAdmin, count_or_estimate
from config.admin.links import list_link
from organizations.admin.domains import OrganizationForm
from organizations.admin.filters import OrganizationFilter
from organizations.capabilities import Capability
from organizations.domains.service import domains_of, set_domains
from organizations.guards.acts import DEACTIVATE, REMOVE, Act
from organizations.models import (
    Connection,
    Department,
    Membership,
    Organization,
    Removal,
    RemovedResources,
    Resource,
    Role,
    ScheduledRemoval,
    ScheduledTransfer,
)
from organizations.models.organization import OWNER_ROLE_KEEPS, OrganizationQuerySet

Row = TypeVar("Row", bound=Model)

NEED_A_TARGET: tuple[Act, ...] = (REMOVE, DEACTIVATE)


class NamedAdmin(LargeTableAdmin[Row]):
    """The base of lists that are searched by id or by name."""

    search_fields = ("name",)
    search_help_text = "An id, or how words of the name begin."


class OneOwnerFilter(QuerySetFilter):
    """Filters for organizations with a single owner."""

    title = "owners"
    parameter_name = "owners"
    narrowings = (("one", "One owner", OrganizationQuerySet.with_one_owner),)


@admin.register(Organization)
class OrganizationAdmin(GuardedDeletion[Organization], NamedAdmin[Organization]):
    """The admin of organizations; an organization's page shows counts with links to the lists.

    Its mail domains take a permission of their own, with which alone the page changes nothing else.
    """

    form = OrganizationForm
    list_display = ("name", "id", "created_at")
    list_filter = (OneOwnerFilter,)
    numbers = ("members", "former_members", "resources", "resources_whose_owner_has_left")
    readonly_fields = ("id", "created_at", *numbers)

    def get_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[str, ...]:
        domains = ("domains", "shared") if _may_change_domains(request) else ("domains",)
        return ("name", *domains, *self.readonly_fields) if obj else ("name", *domains)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Organization | None = None
    ) -> tuple[str, ...]:
        readonly = list(self.readonly_fields)
        if not _may_change_domains(request):
            readonly.append("domains")
        if obj and not super().has_change_permission(request, obj):
            readonly.append("name")
        return tuple(readonly)

    def has_change_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        """Allow also those who change domains alone."""
        return _may_change_domains(request) or super().has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Organization, form: OrganizationForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if "domains" in form.changed_data:
            set_domains(obj.pk, form.cleaned_data["domains"], shared=form.cleaned_data["shared"])

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return what the admin's log says: each domain added or taken out, too."""
        message: Any = super().construct_change_message(request, form, formsets, add)
        if "domains" not in form.changed_data:
            return message
        after, before = set(form.cleaned_data["domains"]), set(form.before)
        for done, names in (("added", after - before), ("deleted", before - after)):
            message += [{done: {"name": "mail domain", "object": name}} for name in sorted(names)]
        return message

    def deletion_obstacle(self, row: Organization) -> str:
        """Return why it cannot be deleted: it has history. One made by mistake has none."""
        if row.memberships.exists():
            return "It has members, or had some whose record stays."
        return "It has resources." if row.resources.exists() else ""

    def get_deleted_objects(
        self, objs: Sequence[Organization] | QuerySet[Organization], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[str], list[str]]:
        """Return what would be deleted; no permission is needed for the organization's parts."""
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    @admin.display(description="Mail domains")
    def domains(self, organization: Organization) -> str:
        """Return the domains of the organization's directory."""
        return ", ".join(domains_of(organization.pk)) or "-"

    @admin.display(description="Members")
    def members(self, organization: Organization) -> str:
        """Return the number of current members, active and deactivated, with a link."""
        return _number_with_link(organization.memberships.current(), organization)

    @admin.display(description="Former members")
    def former_members(self, organization: Organization) -> str:
        """Return the number of memberships that have ended, with a link."""
        return _number_with_link(organization.memberships.former(), organization, state="former")

    @admin.display(description="Resources")
    def resources(self, organization: Organization) -> str:
        """Return the number of the organization's resources, with a link."""
        return _number_with_link(organization.resources.all(), organization)

    @admin.display(description="Resources whose owner has left")
    def resources_whose_owner_has_left(self, organization: Organization) -> str:
        """Return the number of resources whose owner is no current member, with a link."""
        orphans = Resource.objects.whose_owner_has_left().filter(organization=organization)
        return _number_with_link(orphans, organization, owner_has_left="yes")


def _may_change_domains(request: HttpRequest) -> bool:
    """Return whether the user may set organizations' mail domains."""
    return request.user.has_perm("organizations.change_domains")


def _number_with_link(
    rows: QuerySet[Membership] | QuerySet[Resource], organization: Organization, **filters: str
) -> str:
    """Return the number of an organization's rows as a link to their list."""
    number = count_or_estimate(rows)
    text = f"{number:,}" if number <= COUNTED_UP_TO else f"about {number:,}"
    return list_link(rows.model, text, organization=organization.pk, **filters)


@admin.register(Department)
class DepartmentAdmin(GuardedDeletion[Department], NamedAdmin[Department]):
    """The admin of departments."""

    list_display = ("name", "organization", "id")
    list_filter = (OrganizationFilter,)
    list_select_related = ("organization",)
    autocomplete_fields = ("organization",)
    readonly_fields = ("id",)
    fixed_fields = ("organization",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Department], search_term: str
    ) -> tuple[QuerySet[Department], bool]:
        """Return the departments found; for a form's search, those of the organization it names."""
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            organization_id = request.GET.get("organization")
            queryset = queryset.order_by("name", "pk")
            if organization_id is not None or not super().has_view_permission(request):
                queryset = queryset.filter(organization=organization_id or "")
        return super().get_search_results(request, queryset, search_term)

    def deletion_obstacle(self, row: Department) -> str:
        """Return why it cannot be deleted: what refers to the department."""
        if row.memberships.exists():
            return "Members belong to it."
        if row.resources.exists():
            return "It owns resources."
        of_removals = (Removal, RemovedResources)
        if any(record.objects.filter(transferred_to=row).exists() for record in of_removals):
            return "The record of a removal names it."
        of_schedules = (ScheduledRemoval, ScheduledTransfer)
        if any(record.objects.filter(transferred_to=row).exists() for record in of_schedules):
            return "A scheduled removal names it."
        if Connection.objects.passing_to(row).exists():
            return "The connection of a directory names it."
        return ""

    def has_view_permission(self, request: HttpRequest, obj: Department | None = None) -> bool:
        """Allow the search for who takes over, in one organization, to whoever acts on members."""
        if super().has_view_permission(request, obj):
            return True
        is_search = request.resolver_match and request.resolver_match.url_name == "autocomplete"
        return bool(is_search) and any(act.is_staffs(request.user) for act in NEED_A_TARGET)


class RoleForm(forms.ModelForm[Role]):
    """The form of a role, with a checkbox for each capability."""

    capabilities = forms.MultipleChoiceField(
        choices=Capability.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Role
        fields = ("organization", "name", "capabilities")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.is_owner and "capabilities" in self.fields:
            self.fields["capabilities"].disabled = True
            self.fields["capabilities"].help_text = OWNER_ROLE_KEEPS


@admin.register(Role)
class RoleAdmin(GuardedDeletion[Role], NamedAdmin[Role]):
    """The admin of roles."""

    form = RoleForm
    list_display = ("name", "organization", "is_owner", "id")
    list_filter = ("is_owner", OrganizationFilter)
    list_select_related = ("organization",)
    autocomplete_fields = ("organization",)
    readonly_fields = ("id", "is_owner")
    fixed_fields = ("organization",)

    def deletion_obstacle(self, row: Role) -> str:
        """Return why it cannot be deleted: members have it, or it is the only Owner role."""
        if row.is_owner:
            return "The Owner role is deleted only together with its organization."
        return "Members hold it." if row.assignments.exists() else ""
