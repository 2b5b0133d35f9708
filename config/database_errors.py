"""What the database raises when it does not do what was asked, and what a page answers then."""

from collections.abc import Callable

import structlog
from django.contrib import admin
from django.contrib.sessions.backends.base import UpdateError
from django.db import DataError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

RETRY_AFTER_SECONDS = 5

# It cannot do it now, and another time it may: it is gone, overloaded or in a deadlock; the
# connection is closed; it is read-only since a failover, or a transaction took too long.
DATABASE_FAILURES = (OperationalError, InterfaceError, InternalError)

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class DatabaseErrorMiddleware:
    """Tell who asked for a page whether to try again or to ask for something else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for what a view let through, or None where it is no matter of this."""
        # An UpdateError is what Django makes of a failure to save a session.
        cause = exception.__context__ if isinstance(exception, UpdateError) else exception
        if isinstance(cause, DATABASE_FAILURES):
            logger.error("database_failed", exc_info=cause)
            response = _page(
                503,
                "The database is busy or away",
                "Go back and try again in a moment. What was done before this stays done.",
            )
            response["Retry-After"] = RETRY_AFTER_SECONDS
            return response
        # As of text with a NUL in an address.
        if isinstance(exception, DataError) and request.method in {"GET", "HEAD"}:
            logger.warning("unreadable_address", exc_info=exception)
            return _page(
                400,
                "This cannot be looked for",
                "The address has something in it that no record has.",
            )
        return None


def _page(status: int, title: str, advice: str) -> HttpResponse:
    """Return a page that needs no database: neither session nor user is looked at."""
    site = {"site_title": admin.site.site_title, "site_header": admin.site.site_header}
    context = {**site, "title": title, "advice": advice}
    return HttpResponse(render_to_string("admin/database_error.html", context), status=status)
