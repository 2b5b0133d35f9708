"""The links of `config.admin.links`, for templates."""

from typing import cast

from django import template
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils.html import format_html

from config.admin.links import link, may_open

register = template.Library()
register.simple_tag(link)


@register.filter
def may_be_opened(row: Model) -> bool:
    """Return whether the reader of the page may open the row's page."""
    return may_open(type(row))


@register.simple_tag
def link_to_entry(entry: LogEntry) -> str:
    """Return what an entry of the admin's log is about, as a link if the reader may open it."""
    about = cast("ContentType | None", entry.content_type)
    model = about and about.model_class()
    address = entry.get_admin_url() if model and may_open(model) else None
    if entry.is_deletion() or not address:
        return format_html("{}", entry.object_repr)
    return format_html('<a href="{}">{}</a>', address, entry.object_repr)
