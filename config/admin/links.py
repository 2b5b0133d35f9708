"""Links to the pages of rows, and to lists as they are filtered, for readers who may open them."""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import AdminReadonlyField
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode

View = Callable[..., HttpResponseBase]

NONE = "-"

_read_by: ContextVar[HttpRequest | None] = ContextVar("read_by", default=None)


def linked_for_reader(view: View) -> View:
    """Return a view whose page links only to what the account that is logged in may open."""

    @wraps(view)
    def linked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        mark = _read_by.set(request)
        try:
            return view(request, *args, **kwargs)
        finally:
            _read_by.reset(mark)

    return linked


def may_open(model: type[Model]) -> bool:
    """Return whether the reader of the page may open the model's list and its rows' pages."""
    request = _read_by.get()
    if request is None or not admin.site.is_registered(model):
        return False
    return admin.site.get_model_admin(model).has_view_or_change_permission(request)


def link(row: Model | None, text: object = None, *, otherwise: object = None) -> str:
    """Return a link to the row's page, which says the text or else the row; "-" for no row.

    A reader who may not open the page reads ``otherwise``, or else the same without a link.
    """
    if row is None:
        return NONE
    shown = row if text is None else text
    if may_open(type(row)):
        return format_html('<a href="{}">{}</a>', address_of(row), shown)
    return format_html("{}", shown if otherwise is None else otherwise)


def links(rows: Iterable[tuple[Model, object]]) -> str:
    """Return links to rows, each with its text, separated by commas; "-" for none."""
    return format_html_join(", ", "{}", ((link(row, text),) for row, text in rows)) or NONE


def list_link(model: type[Model], text: object, *, otherwise: object = None, **filters: str) -> str:
    """Return a link to a model's list with these filters, as `link` does."""
    if may_open(model):
        return format_html('<a href="{}">{}</a>', address_of_list(model, **filters), text)
    return format_html("{}", text if otherwise is None else otherwise)


def address_of(row: Model) -> str:
    """Return the address of the row's page."""
    return reverse(admin_urlname(row._meta, "change"), args=[row.pk])  # type: ignore[arg-type]


def address_of_list(model: type[Model], **filters: str) -> str:
    """Return the address of a model's list with these filters."""
    address = reverse(admin_urlname(model._meta, "changelist"))  # type: ignore[arg-type]
    return f"{address}?{urlencode(filters)}" if filters else address


def _link_of_field(_: AdminReadonlyField, __: object, row: Model) -> str:
    return link(row)


# Django links a form's read-only rows for every reader, and has no other place to change that.
AdminReadonlyField.get_admin_url = _link_of_field  # type: ignore[attr-defined]  # the stubs lack it
