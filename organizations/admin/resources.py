"""The admin of resources, and their transfer to a department or a person."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone

from config.admin.deletion import GuardedDeletion
from config.admin.large_tables import LargeTableAdmin
from config.identifiers import is_id
from organizations.admin.confirmation import confirmation_page
from organizations.admin.filters import OrganizationFilter
from organizations.admin.forms import TransferForm
from organizations.admin.selection import Selection, lead_back, lead_to_confirmation
from organizations.guards.caller import Staff
from organizations.models import Department, Organization, Resource
from organizations.models.resource_entry import LONGEST_NAME
from organizations.resources.insertion import NewResource, insert
from organizations.retries import retried
from organizations.transfer.service import transfer_selected
from users.models import User

CHANGELIST = "admin:organizations_resource_changelist"
TRANSFER = "admin:organizations_resource_transfer"


class OwnerHasLeftFilter(admin.SimpleListFilter):
    """Filters for resources whose owner is no longer a member."""

    title = "owner"
    parameter_name = "owner_has_left"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Resource]
    ) -> list[tuple[str, str]]:
        """Return the filter's one choice."""
        return [("yes", "Owner has left")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Resource]) -> QuerySet[Resource]:
        """Return the resources whose owner is no longer a member, if that is chosen."""
        if self.value() == "yes":
            return queryset & Resource.objects.whose_owner_has_left()
        return queryset


class ResourceForm(forms.ModelForm[Resource]):
    """A resource, with the name that its entry holds."""

    name = forms.CharField(max_length=LONGEST_NAME, widget=AdminTextInputWidget)

    class Meta:
        model = Resource
        fields = ("organization", "owner", "department")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["name"] = self.instance.entry.name


@admin.register(Resource)
class ResourceAdmin(GuardedDeletion[Resource], LargeTableAdmin[Resource]):
    """The admin of resources."""

    form = ResourceForm
    list_display = ("name", "type", "organization", "owner", "department", "id")
    list_filter = (OwnerHasLeftFilter, OrganizationFilter)
    list_select_related = ("organization", "owner", "department", "entry")
    autocomplete_fields = ("organization", "owner", "department")
    search_fields = ("owner__email",)
    search_help_text = "Its id, or its owner: a name, how an e-mail address begins, or an id."
    readonly_fields = ("id", "type", "removal")
    fields = ("name", "type", "organization", "owner", "department", "id", "removal")
    actions = ("pass_on",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Resource], search_term: str
    ) -> tuple[QuerySet[Resource], bool]:
        """Return the resource with this id, or the resources of the owners found."""
        if not search_term:
            return queryset, False
        if is_id("res", search_term):
            return queryset.filter(pk=search_term), False
        return queryset.filter(owner__in=User.objects.matching(search_term)), False

    def get_readonly_fields(
        self, request: HttpRequest, obj: Resource | None = None
    ) -> tuple[str, ...]:
        """Return the read-only fields; a resource's organization never changes."""
        return (*self.readonly_fields, "organization") if obj else self.readonly_fields

    def deletion_obstacle(self, row: Resource) -> str:
        """Return why it cannot be deleted: a removal moved it, and a restoration may return it."""
        return "A removal moved it, and what a removal moved stays." if row.removal_id else ""

    def save_model(self, request: HttpRequest, obj: Resource, form: Any, change: bool) -> None:
        """Make a resource, rename one, or pass it to another owner or department."""
        name = form.cleaned_data["name"]
        target = obj.owner_id or obj.department_id or ""
        if not change:
            insert(obj.organization_id, [NewResource(id=obj.pk, name=name, owner=target)])
            return
        changed = set(form.changed_data)
        if not changed.isdisjoint({"owner", "department"}):
            transfer_selected(
                obj.organization_id, [obj.pk], transfer_to=target, caller=Staff.at(request)
            )
        if "name" in changed:
            obj.entry.name, obj.entry.updated_at = name, timezone.now()
            obj.entry.save(update_fields=["name", "name_words", "updated_at"])

    @admin.action(
        description="Pass selected resources to a department or a person", permissions=["change"]
    )
    def pass_on(self, request: HttpRequest, queryset: QuerySet[Resource]) -> HttpResponse | None:
        """Ask who takes over the selected resources."""
        return lead_to_confirmation(
            self, request, queryset, TRANSFER, if_none="None of them is there any more."
        )

    def get_urls(self) -> list[URLPattern]:
        """Return the page of a transfer and the inherited pages."""
        view = self.admin_site.admin_view(self.transfer)
        return [
            path("transfer/<str:key>/", view, name="organizations_resource_transfer"),
            *super().get_urls(),
        ]

    def transfer(self, request: HttpRequest, key: str) -> HttpResponse:
        """Ask who takes over in each organization of the selection; once confirmed, transfer."""
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
        form = TransferForm(organizations, self.admin_site, request.POST or None)
        if form.is_valid():
            for organization in organizations:
                if target := form.target_of(organization):
                    number = transfer_and_log(
                        organization,
                        [str(resource_id) for resource_id in selection.ids],
                        target,
                        caller=Staff.at(request, reason=form.cleaned_data["reason"]),
                    )
                    self.message_user(request, f"{number:,} passed to {target} of {organization}.")
            return redirect(CHANGELIST)
        counts = Counter(
            dict(selected.values_list("organization").annotate(Count("pk")).order_by())
        )
        return confirmation_page(
            self,
            request,
            "resource/transfer",
            title="Pass resources on?",
            form=form,
            transfers=[
                (organization, counts[organization.pk], form.target_fields(organization))
                for organization in organizations
            ],
        )


@retried
@transaction.atomic
def transfer_and_log(
    organization: Organization,
    resource_ids: Collection[str],
    target: Department | User,
    *,
    caller: Staff,
) -> int:
    """Transfer resources and write the admin's log; return how many were transferred."""
    moved = transfer_selected(
        organization.pk,
        resource_ids,
        transfer_to=target.pk,
        caller=caller,
    )
    LogEntry.objects.log_actions(
        caller.actor.pk,
        Resource.objects.filter(pk__in=moved),
        CHANGE,
        f"Passed to {target.pk}, trace id {caller.trace_id}.",
    )
    return len(moved)
