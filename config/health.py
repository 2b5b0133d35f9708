"""Health probes: ``/livez`` (the process answers) and ``/readyz`` (it can do its work)."""

import time
from functools import lru_cache

import structlog
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from config.database_version import MIGRATIONS_ARE_MISSING, has_every_migration

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def live(request: HttpRequest) -> HttpResponse:
    """Answer 200: the process is alive."""
    return HttpResponse("alive\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the database can be written and has every migration, else 503 and why."""
    why_not = reason_not_ready(int(time.monotonic()))
    status = 503 if why_not else 200
    return HttpResponse(f"{why_not or 'ready'}\n", content_type="text/plain", status=status)


@lru_cache(maxsize=1)
def reason_not_ready(second: int) -> str | None:
    """Return why the process cannot do its work, or None.

    The cache has the callers of one second share one look at the database, and one log line.
    """
    if why_not := _reason_not_ready():
        logger.warning("not_ready", reason=why_not)
    return why_not


def _reason_not_ready() -> str | None:
    """Return why the process cannot do its work, or None."""
    try:
        if not has_every_migration():
            return MIGRATIONS_ARE_MISSING
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            [is_read_only] = cursor.fetchone()
    except Error:
        return "no database"
    # As on a standby, or on a server that a failover left behind.
    return "the database is read-only" if is_read_only == "on" else None


PROBES = {"/livez": live, "/readyz": ready}


class HealthMiddleware(MiddlewareMixin):
    """Answers probes before TLS and host names are checked: probes use plain HTTP and an IP.

    It stands before the middleware that logs requests: there are thousands of probes a day.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else None
