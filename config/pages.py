"""What a page answers when the database did not do what was asked of it."""

from collections.abc import Callable

import structlog
from django.contrib import admin
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from config.database import FAILURES

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class DatabaseErrorMiddleware:
    """Tell who asked for a page whether to try again or to ask for something else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for what a view let through, or None where it is no matter of this."""
        if isinstance(exception, DataError):  # as of text with a NUL in an address
            return _page(
                400,
                "This cannot be looked for",
                "The address has something in it that no record has.",
            )
        if isinstance(exception, FAILURES):
            logger.exception("database_failed")
            return _page(
                503,
                "The database is busy or away",
                "Go back and try again in a moment. What was done before this stays done.",
            )
        return None


def _page(status: int, title: str, advice: str) -> HttpResponse:
    """Return a page that needs no database: neither session nor user is looked at."""
    site = {"site_title": admin.site.site_title, "site_header": admin.site.site_header}
    content = render_to_string("admin/failed.html", {**site, "title": title, "advice": advice})
    return HttpResponse(content, status=status)
