"""Deletes rows in the admin: those of a selection, or one that its page says can be deleted."""

from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin import actions
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from config.admin.links import address_of
from config.admin.sessions import require_staff_again

Row = TypeVar("Row", bound=Model)


@admin.action(
    description="Delete selected %(verbose_name_plural)s",
    permissions=["delete"],
)
@transaction.atomic
def delete_selected(
    modeladmin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]
) -> TemplateResponse | None:
    """Ask and delete as Django does, all or nothing, by what the user may do behind the locks.

    Raises PermissionDenied for a user who lost the permission while the request waited.
    """
    if "post" in request.POST:
        rows = modeladmin.model._base_manager.filter(pk__in=queryset.values("pk"))
        list(rows.order_by("pk").select_for_update().values_list("pk"))
        require_staff_again(request)
        if not modeladmin.has_delete_permission(request):
            raise PermissionDenied
    return actions.delete_selected(modeladmin, request, queryset)


class GuardedDeletion(admin.ModelAdmin[Row]):
    """Deletes a row from its own page alone, which says why where the row cannot be deleted.

    The list has no room to show a reason, and deletes rows without `delete_model`.
    """

    def deletion_obstacle(self, row: Row) -> str:
        """Return why the row cannot be deleted, as a sentence; "" if it can."""
        return ""

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return (
            obj is not None
            and super().has_delete_permission(request, obj)
            and not self.deletion_obstacle(obj)
        )

    def _obstacle(self, request: HttpRequest, row: Row | None) -> str:
        """Return why this row cannot be deleted; "" if it can, or the user may not delete any."""
        if row is None or not super().has_delete_permission(request, row):
            return ""
        return self.deletion_obstacle(row)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask and delete; redirect to the row's page with the reason if it cannot be deleted."""
        row = self.get_object(request, unquote(object_id))
        if row is not None and (obstacle := self._obstacle(request, row)):
            self.message_user(request, f"{row} was not deleted. {obstacle}", messages.ERROR)
            return redirect(address_of(row))
        return super().delete_view(request, object_id, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """Show beside the buttons why the delete button is missing."""
        context["deletion_obstacle"] = self._obstacle(request, context.get("original"))
        return super().render_change_form(request, context, *args, **options)
