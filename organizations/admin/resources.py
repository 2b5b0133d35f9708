"""The admin of resources."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from config.admin.deletion import GuardedDeletion
from config.admin.filters import QuerySetFilter
from organizations.admin.action import ConfirmedActionsAdmin
from organizations.admin.filters import OrganizationFilter
from organizations.admin.transfers import SelectedTransfer
from organizations.guards.caller import Staff
from organizations.models import Resource
from organizations.models.resource import ResourceQuerySet
from organizations.transfer.service import transfer_selected


class OwnerHasLeftFilter(QuerySetFilter):
    """Filters for resources whose owner is no longer a member."""

    title = "owner"
    parameter_name = "owner_has_left"
    narrowings = (("yes", "Owner has left", ResourceQuerySet.whose_owner_has_left),)


@admin.register(Resource)
class ResourceAdmin(GuardedDeletion[Resource], ConfirmedActionsAdmin[Resource]):
    """The admin of resources."""

    list_display = ("name", "organization", "owner", "department", "id")
    list_filter = (OwnerHasLeftFilter, OrganizationFilter)
    list_select_related = ("organization", "owner", "department")
    autocomplete_fields = ("organization", "owner", "department")
    search_fields = ("id", "owner")
    search_help_text = "Its id, or its owner: a name, how an e-mail address begins, or an id."
    readonly_fields = ("id", "removal")
    fixed_fields = ("organization",)
    confirmed_actions = (SelectedTransfer,)

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
