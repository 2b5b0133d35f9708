"""Actions of a list that a row's own page offers, too."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from config.admin.large_tables import LargeTableAdmin
from config.admin.links import address_of

Row = TypeVar("Row", bound=Model)


class RowActions(LargeTableAdmin[Row]):
    """Takes an action of the list on one row from its page, which is shown again afterwards."""

    def actions_on(self, row: Row) -> Mapping[str, str]:
        """Return the actions that the row's state allows: the button's text, by the action's name.

        The texts are not those of the list's menu, which name many rows.
        """
        return {}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act)
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        return [path("<path:object_id>/act/<slug:action>/", view, name=name), *super().get_urls()]

    def act(self, request: HttpRequest, object_id: str, action: str) -> HttpResponse:
        """Take an action on a row. Raises Http404 and PermissionDenied."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if request.method == "POST":
            permitted: dict[str, Any] = self.get_actions(request)
            if action not in permitted or not self.has_view_permission(request, row):
                raise PermissionDenied
            take, *_ = permitted[action]
            take(self, request, self.get_queryset(request).filter(pk=row.pk))
        return redirect(address_of(row))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        row: Row | None = context.get("original")
        context["row_actions"] = self._offered(request, row) if row else []
        return super().render_change_form(request, context, *args, **options)

    def _offered(self, request: HttpRequest, row: Row) -> list[tuple[str, str]]:
        """Return the address and the text of each action that the reader may take on the row."""
        permitted = self.get_actions(request)
        address = admin_urlname(self.opts, "act")  # type: ignore[arg-type]
        return [
            (reverse(address, args=[row.pk, action]), text)
            for action, text in self.actions_on(row).items()
            if action in permitted
        ]
