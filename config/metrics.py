"""The page `/metrics` for Prometheus, and the request times that each process counts."""

import os
import time
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from config.api.envelope import challenge

disable_created_metrics()  # type: ignore[no-untyped-call]  # when each was first counted

# The client's default registry would add figures of the process without its number.
REGISTRY = CollectorRegistry()

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# The variable with the number of a process among gunicorn's, from 0 (config.server sets it).
PROCESS = "OFFBOARD_PROCESS"

SECONDS = Histogram(
    "offboard_request_seconds",
    "How long requests took. Each process counts its own; its number is the label.",
    ["process", "method", "route", "status"],
    buckets=[0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
    registry=REGISTRY,
)


class MetricsMiddleware:
    """Counts the requests of this process, where METRICS_TOKEN is set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        # Each label has few values, whatever callers send: the route, not the path.
        match = request.resolver_match
        SECONDS.labels(
            process=os.environ.get(PROCESS) or os.getpid(),
            method=request.method if request.method in METHODS else "other",
            route=match.route if match else "",
            status=response.status_code,
        ).observe(time.perf_counter() - started)
        return response


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics where METRICS_TOKEN is set and sent."""
    if not settings.METRICS_TOKEN:
        raise Http404
    sent = request.headers.get("Authorization", "")
    if not constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(
            "Send METRICS_TOKEN as a bearer token.\n",
            status=401,
            content_type="text/plain",
            headers={"WWW-Authenticate": challenge(is_wrong=sent.startswith("Bearer "))},
        )
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
