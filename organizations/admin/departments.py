"""The admin of departments."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from config.admin.deletion import GuardedDeletion
from config.admin.form_search import is_form_search
from config.admin.large_tables import NamedAdmin
from organizations.admin.filters import OrganizationFilter
from organizations.departments.service import (
    change_department,
    create_department,
    delete_department,
    uses_of,
)
from organizations.guards.acts import (
    ADD,
    ADD_DEPARTMENT,
    ADD_STEP,
    CHANGE_RESOURCES,
    CHANGE_STEP,
    DEACTIVATE,
    MANAGE_CONNECTIONS,
    REMOVE,
    Act,
)
from organizations.guards.caller import Staff
from organizations.models import Department

CHOOSE_ONE: tuple[Act, ...] = (
    *(ADD, REMOVE, DEACTIVATE, ADD_STEP, CHANGE_STEP, CHANGE_RESOURCES, MANAGE_CONNECTIONS),
)


@admin.register(Department)
class DepartmentAdmin(GuardedDeletion[Department], NamedAdmin[Department]):
    """The admin of departments, which are made, renamed and deleted by their service."""

    list_display = ("name", "organization", "id")
    list_filter = (OrganizationFilter,)
    list_select_related = ("organization",)
    autocomplete_fields = ("organization",)
    readonly_fields = ("id",)
    fixed_fields = ("organization",)

    def title_of(self, row: Department) -> str:
        return f"Department {row} of {row.organization}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Department], search_term: str
    ) -> tuple[QuerySet[Department], bool]:
        """Search; for a form's select, among the departments of the organization that it names."""
        if is_form_search(request):
            organization_id = request.GET.get("organization")
            queryset = queryset.order_by("name", "pk")
            if organization_id is not None or not super().has_view_permission(request):
                queryset = queryset.filter(organization=organization_id or "")
        return super().get_search_results(request, queryset, search_term)

    def save_model(self, request: HttpRequest, obj: Department, form: Any, change: bool) -> None:
        caller = Staff.at(request)
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            change_department(obj.organization_id, obj.pk, **changes, caller=caller)
        else:
            obj.pk = create_department(obj.organization_id, name=obj.name, caller=caller).pk

    def delete_model(self, request: HttpRequest, obj: Department) -> None:
        delete_department(obj.organization_id, obj.pk, caller=Staff.at(request))

    def deletion_obstacle(self, row: Department) -> str:
        return str(uses_of(row))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return ADD_DEPARTMENT.is_staffs(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Department | None = None) -> bool:
        """Also allow a form's search in one organization to anyone who may act there."""
        if super().has_view_permission(request, obj):
            return True
        return is_form_search(request) and any(act.is_staffs(request.user) for act in CHOOSE_ONE)
