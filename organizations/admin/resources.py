"""What organizations have, and whose it is."""

from collections import Counter

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from config.admin.deletion import GuardedDeletion
from config.admin.large_tables import LargeTableAdmin
from config.admin.site import staff_of
from config.identifiers import is_id
from organizations.admin.confirmation import confirmation_page
from organizations.admin.filters import OrganizationFilter
from organizations.admin.forms import DepartmentsForm
from organizations.admin.selection import Selection, lead_back, lead_to_confirmation
from organizations.models import Department, Organization, Resource
from organizations.models.resource import ResourceQuerySet
from users.models import User

CHANGELIST = "admin:organizations_resource_changelist"
TRANSFER = "admin:organizations_resource_transfer"


class OwnerHasLeftFilter(admin.SimpleListFilter):
    """Resources in the charge of somebody who is no member any more."""

    title = "owner"
    parameter_name = "owner_has_left"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Resource]
    ) -> list[tuple[str, str]]:
        """Return the one question."""
        return [("yes", "Owner has left")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Resource]) -> QuerySet[Resource]:
        """Narrow the resources to those without a member in charge."""
        if self.value() == "yes":
            return queryset & Resource.objects.whose_owner_has_left()
        return queryset


@admin.register(Resource)
class ResourceAdmin(GuardedDeletion[Resource], LargeTableAdmin[Resource]):
    """A resource and who is in charge of it."""

    list_display = ("name", "organization", "owner", "department", "id")
    list_filter = (OwnerHasLeftFilter, OrganizationFilter)
    list_select_related = ("organization", "owner", "department")
    autocomplete_fields = ("organization", "owner", "department")
    search_fields = ("owner__email",)
    search_help_text = "Its id, or its owner: a name, how an e-mail address begins, or an id."
    readonly_fields = ("id", "removal")
    actions = ("transfer_to_department",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Resource], search_term: str
    ) -> tuple[QuerySet[Resource], bool]:
        """Find a resource by its id, or what somebody owns."""
        if not search_term:
            return queryset, False
        if is_id("res", search_term):
            return queryset.filter(pk=search_term), False
        return queryset.filter(owner__in=User.objects.matching(search_term)), False

    def get_readonly_fields(
        self, request: HttpRequest, obj: Resource | None = None
    ) -> tuple[str, ...]:
        """A resource stays in its organization."""
        return (*self.readonly_fields, "organization") if obj else self.readonly_fields

    def deletion_obstacle(self, row: Resource) -> str:
        """What a removal moved stays, to be put back."""
        return "A removal moved it, and what a removal moved stays." if row.removal_id else ""

    @admin.action(
        description="Pass selected resources to a department of their organization",
        permissions=["change"],
    )
    def transfer_to_department(
        self, request: HttpRequest, queryset: QuerySet[Resource]
    ) -> HttpResponse | None:
        """Ask which department takes over the selected resources."""
        return lead_to_confirmation(
            self, request, queryset, TRANSFER, if_none="None of them is there any more."
        )

    def get_urls(self) -> list[URLPattern]:
        """Return the page of a transfer besides Django's own."""
        view = self.admin_site.admin_view(self.transfer)
        return [
            path("transfer/<str:key>/", view, name="organizations_resource_transfer"),
            *super().get_urls(),
        ]

    def transfer(self, request: HttpRequest, key: str) -> HttpResponse:
        """Ask for a department for each organization of the selection, then pass them there."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        selection = Selection.find(key, request.session)
        if selection is None:
            return lead_back(request, CHANGELIST)
        selected = Resource.objects.filter(pk__in=selection.ids)
        organizations = Organization.objects.filter(
            pk__in=selected.order_by().values("organization")
        ).order_by("name", "pk")
        if not organizations:  # deleted meanwhile
            return lead_back(request, CHANGELIST)
        form = DepartmentsForm(organizations, self.admin_site, request.POST or None)
        if form.is_valid():
            for organization in organizations:
                if department := form.department_of(organization):
                    self._pass_to(request, selected, department)
            return redirect(CHANGELIST)
        counts = Counter(
            dict(selected.values_list("organization").annotate(Count("pk")).order_by())
        )
        return confirmation_page(
            self,
            request,
            "resource/transfer",
            title="Pass resources to a department?",
            form=form,
            transfers=[
                (organization, counts[organization.pk], form.department_field(organization))
                for organization in organizations
            ],
        )

    @transaction.atomic
    def _pass_to(
        self, request: HttpRequest, resources: ResourceQuerySet, department: Department
    ) -> None:
        """Pass those of the department's organization to it, log each, and say how many."""
        moved = resources.filter(organization=department.organization_id)
        number = moved.pass_to(department)
        LogEntry.objects.log_actions(
            staff_of(request).pk, moved, CHANGE, f"Passed to {department} ({department.pk})."
        )
        self.message_user(
            request, f"{number:,} passed to {department} of {department.organization}."
        )
