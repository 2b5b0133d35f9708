"""The admin of resources."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from config.admin.deletion import GuardedDeletion
from config.identifiers import is_id
from organizations.admin.action import ConfirmedActionsAdmin
from organizations.admin.filters import OrganizationFilter
from organizations.admin.transfers import SelectedTransfer
from organizations.guards.caller import Staff
from organizations.models import Resource
from organizations.transfer.service import transfer_selected
from users.models import User


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


@admin.register(Resource)
class ResourceAdmin(GuardedDeletion[Resource], ConfirmedActionsAdmin[Resource]):
    """The admin of resources."""

    list_display = ("name", "organization", "owner", "department", "id")
    list_filter = (OwnerHasLeftFilter, OrganizationFilter)
    list_select_related = ("organization", "owner", "department")
    autocomplete_fields = ("organization", "owner", "department")
    search_fields = ("owner__email",)
    search_help_text = "Its id, or its owner: a name, how an e-mail address begins, or an id."
    readonly_fields = ("id", "removal")
    confirmed_actions = (SelectedTransfer,)

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
        """Save a new resource or a new name; a new owner or department is set by a transfer."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        changed = set(form.changed_data)
        if not changed.isdisjoint({"owner", "department"}):
            transfer_selected(
                obj.organization_id,
                [obj.pk],
                transfer_to=obj.owner_id or obj.department_id or "",
                caller=Staff.at(request),
            )
        obj.save(update_fields=changed & {"name"})
