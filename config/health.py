"""Health probes: ``/livez`` (the process answers) and ``/readyz`` (it can do its work)."""

import time
from collections.abc import Callable
from functools import lru_cache

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config.database_version import MIGRATIONS_ARE_MISSING, has_every_migration


def live(request: HttpRequest) -> HttpResponse:
    """Answer 200: the process is alive."""
    return HttpResponse("alive\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the database answers and has every migration, else 503 with the reason."""
    why_not = reason_not_ready(int(time.monotonic()))
    status = 503 if why_not else 200
    return HttpResponse(f"{why_not or 'ready'}\n", content_type="text/plain", status=status)


@lru_cache(maxsize=1)
def reason_not_ready(second: int) -> str | None:
    """Return why the process cannot do its work, or None; it is looked up once a second."""
    try:
        return None if has_every_migration() else MIGRATIONS_ARE_MISSING
    except Error:
        return "no database"


PROBES = {"/livez": live, "/readyz": ready}


class HealthMiddleware:
    """Answers probes before TLS and host names are checked: probes use plain HTTP and an IP."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else self.get_response(request)
