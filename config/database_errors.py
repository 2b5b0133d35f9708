"""Which exceptions mean that the database failed, and the page that reports it."""

from collections.abc import Callable

import structlog
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config.admin.refusals import plain_page

RETRY_AFTER_SECONDS = 5

# Failures that may be over when it is tried again: the database is down, overloaded or in a
# deadlock; the connection is closed; it is read-only after a failover; a transaction timed out.
DATABASE_FAILURES = (OperationalError, InterfaceError, InternalError)

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class DatabaseErrorMiddleware:
    """Answers 503 to a failure of the database, with a page that says to try again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for a failure of the database, or None for any other exception."""
        if not isinstance(exception, DATABASE_FAILURES):
            return None
        logger.error("database_failed", exc_info=exception)
        response = plain_page(
            503,
            "The database is busy or away",
            "Go back and try again in a moment. What was done before this stays done.",
        )
        response["Retry-After"] = RETRY_AFTER_SECONDS
        return response
