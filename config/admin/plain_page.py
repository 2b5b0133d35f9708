"""Error pages that need no database: they read neither session nor user."""

from django.contrib import admin
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def plain_page(status: int, title: str, advice: str) -> HttpResponse:
    """Return a page with this status, title and advice."""
    site = {"site_title": admin.site.site_title, "site_header": admin.site.site_header}
    context = {**site, "title": title, "advice": advice}
    return HttpResponse(render_to_string("admin/plain_page.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for a request that cannot be taken: 413 if it is too large, else 400."""
    match exception:
        case RequestDataTooBig():
            return plain_page(413, "Too much at once", "No form here is that long.")
        case TooManyFilesSent():
            return plain_page(400, "No file is taken", "No page here takes files. None was read.")
    return plain_page(400, "Bad request", "This address or form is not one of this site's.")
