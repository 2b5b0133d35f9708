"""Which exceptions mean that the database failed, and the log line and page that report it."""

import structlog
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from config.admin.refusals import plain_page

RETRY_AFTER_SECONDS = 5

# Failures that a retry may not meet: the database is down, overloaded, in a deadlock, or read-only
# after a failover; the connection is closed; a statement or transaction timed out.
DATABASE_FAILURES = (OperationalError, InterfaceError, InternalError)

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def log_database_failure(failure: BaseException) -> None:
    """Log a failure of the database in one short line: while it is away, every request fails.

    Only the first line of PostgreSQL's message is logged: the others may show values of rows.
    """
    cause = failure.__cause__ or failure
    message = next(iter(str(cause).splitlines()), "")
    logger.error(
        "database_failed",
        error=type(cause).__name__,
        sqlstate=getattr(cause, "sqlstate", None),
        message=message,
    )


class DatabaseErrorMiddleware(MiddlewareMixin):
    """Answers 503 to a failure of the database, with a page that says to try again."""

    # Else, under ASGI, the middleware around it would run async, with a thread for each hook.
    async_capable = False

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
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
