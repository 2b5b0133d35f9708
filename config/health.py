"""Whether the process lives, and whether it can do its work: for whoever runs it."""

from collections.abc import Callable

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from organizations.checks import EARLIER_VERSION, is_of_earlier_version


def live(request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process answers at all."""
    return HttpResponse("alive\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and has every migration, else 503 and why not."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return HttpResponse("no database\n", content_type="text/plain", status=503)
    if is_of_earlier_version(executor.loader.applied_migrations):
        return HttpResponse(f"{EARLIER_VERSION}\n", content_type="text/plain", status=503)
    if missing:
        return HttpResponse("migrations are missing\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")


PROBES = {"/livez": live, "/readyz": ready}


class HealthMiddleware:
    """Answer probes before anything else: they come without TLS, and by address, not by name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else self.get_response(request)
