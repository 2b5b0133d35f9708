"""The admin of roles."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from config.admin.deletion import GuardedDeletion
from config.admin.large_tables import NamedAdmin
from config.admin.links import NONE
from config.admin.stale_forms import NoLostUpdates
from organizations.admin.filters import OrganizationFilter
from organizations.capabilities import Capability
from organizations.exceptions import SystemRoleImmutableError
from organizations.guards.acts import ADD_ROLE
from organizations.guards.caller import Staff
from organizations.models import Role
from organizations.roles.service import change_role, create_role, delete_role, uses_of


class RoleForm(NoLostUpdates[Role]):
    """The form of a role, with a checkbox for each capability."""

    capabilities = forms.MultipleChoiceField(
        choices=Capability.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Role
        fields = ("organization", "name", "capabilities")


@admin.register(Role)
class RoleAdmin(GuardedDeletion[Role], NamedAdmin[Role]):
    """The admin of roles, which are made, changed and deleted by their service."""

    form = RoleForm
    list_display = ("name", "organization", "is_owner", "id")
    list_filter = ("is_owner", OrganizationFilter)
    list_select_related = ("organization",)
    autocomplete_fields = ("organization",)
    readonly_fields = ("id", "is_owner")
    fixed_fields = ("organization",)

    def title_of(self, row: Role) -> str:
        return f"Role {row} of {row.organization}"

    def get_fields(self, request: HttpRequest, obj: Role | None = None) -> Any:
        """Return the fields; on a page without a form, the capabilities in words."""
        fields = super().get_fields(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fields
        return ["allowed" if name == "capabilities" else name for name in fields]

    @admin.display(description="Capabilities")
    def allowed(self, role: Role) -> str:
        return ", ".join(Capability(each).label for each in role.capabilities) or NONE

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        caller = Staff.at(request)
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            change_role(obj.organization_id, obj.pk, **changes, caller=caller)
        else:
            obj.pk = create_role(
                obj.organization_id, name=obj.name, capabilities=obj.capabilities, caller=caller
            ).pk

    def delete_model(self, request: HttpRequest, obj: Role) -> None:
        delete_role(obj.organization_id, obj.pk, caller=Staff.at(request))

    def deletion_obstacle(self, row: Role) -> str:
        return SystemRoleImmutableError.message if row.is_owner else str(uses_of(row))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return ADD_ROLE.is_staffs(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        """Forbid changes of the Owner role, whose page then has no form."""
        return not (obj and obj.is_owner) and super().has_change_permission(request, obj)
