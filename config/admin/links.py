"""Links to the pages of rows, and to lists as they are filtered."""

from collections.abc import Iterable

from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode

NONE = "-"


def link(row: Model | None, text: object = None) -> str:
    """Return a link to the row's page, which says the text or else the row; "-" for no row."""
    if row is None:
        return NONE
    return format_html('<a href="{}">{}</a>', address_of(row), row if text is None else text)


def links(rows: Iterable[tuple[Model, object]]) -> str:
    """Return links to rows, each with its text, separated by commas; "-" for none."""
    return format_html_join(", ", "{}", ((link(row, text),) for row, text in rows)) or NONE


def list_link(model: type[Model], text: object, **filters: str) -> str:
    """Return a link to a model's list with these filters."""
    return format_html('<a href="{}">{}</a>', address_of_list(model, **filters), text)


def address_of(row: Model) -> str:
    """Return the address of the row's page."""
    return reverse(admin_urlname(row._meta, "change"), args=[row.pk])  # type: ignore[arg-type]


def address_of_list(model: type[Model], **filters: str) -> str:
    """Return the address of a model's list with these filters."""
    address = reverse(admin_urlname(model._meta, "changelist"))  # type: ignore[arg-type]
    return f"{address}?{urlencode(filters)}" if filters else address
