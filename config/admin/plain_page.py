"""An error page that needs no database: it reads neither session nor user."""

from django.contrib import admin
from django.http import HttpResponse
from django.template.loader import render_to_string


def plain_page(status: int, title: str, advice: str) -> HttpResponse:
    """Return a page with this status, title and advice."""
    site = {"site_title": admin.site.site_title, "site_header": admin.site.site_header}
    context = {**site, "title": title, "advice": advice}
    return HttpResponse(render_to_string("admin/plain_page.html", context), status=status)
