"""Deletions, offered only where they can happen."""

from abc import abstractmethod
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

Row = TypeVar("Row", bound=Model)


class GuardedDeletion(admin.ModelAdmin[Row]):
    """A row is deleted from its own page; where it cannot be, the page says why.

    Nothing is deleted from a list, which has no room for a reason.
    """

    @abstractmethod
    def deletion_obstacle(self, row: Row) -> str:
        """Return why the row cannot be deleted, as a sentence, or "" where it can."""

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Whether the user may delete this row, and nothing stands in the way."""
        return (
            obj is not None
            and super().has_delete_permission(request, obj)
            and not self.deletion_obstacle(obj)
        )

    def _obstacle(self, request: HttpRequest, row: Row | None) -> str:
        """Return why somebody who may delete such rows cannot delete this one, if so."""
        if row is None or not super().has_delete_permission(request, row):
            return ""
        return self.deletion_obstacle(row)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask and delete; what cannot be deleted any more leads to its page, with the reason."""
        row = self.get_object(request, unquote(object_id))
        if row is not None and (obstacle := self._obstacle(request, row)):
            self.message_user(request, f"{row} was not deleted. {obstacle}", messages.ERROR)
            return redirect(admin_urlname(self.opts, "change"), row.pk)  # type: ignore[arg-type]
        return super().delete_view(request, object_id, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """Say beside the buttons why there is none to delete."""
        context["deletion_obstacle"] = self._obstacle(request, context.get("original"))
        return super().render_change_form(request, context, *args, **options)
