"""An admin that offers to delete a row only where that is possible."""

from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.admin.links import address_of

Row = TypeVar("Row", bound=Model)


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
