"""Which exceptions mean that the database failed, and the line and the page that report it."""

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


def log_database_failure(failure: BaseException) -> None:
    """Log a failure of the database in one line; while it is away, every request has one.

    The first line of PostgreSQL's message names no value of a row.
    """
    cause = failure.__cause__ or failure
    message = next(iter(str(cause).splitlines()), "")
    logger.error(
        "database_failed",
        error=type(cause).__name__,
        sqlstate=getattr(cause, "sqlstate", None),
        message=message,
    )


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
        log_database_failure(exception)
        response = plain_page(
            503,
            "The database is busy or away",
            "Go back and try again in a moment. What was done before this stays done.",
        )
        response["Retry-After"] = RETRY_AFTER_SECONDS
        return response
