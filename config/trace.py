"""One id for all that a request causes: its response, its errors, its log lines, its record."""

import re
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "X-Request-ID"
# What a caller's id may consist of: safe in a header, a log line and a page.
_SAFE = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,64}")

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def trace_id_of(request: HttpRequest) -> str:
    """Return the request's id, which is the caller's own where that is safe to repeat."""
    return str(request.META["offboard.trace_id"])


@receiver(got_request_exception)
def log_exception(request: HttpRequest, **_: object) -> None:
    """Log whatever a page let through, whole; what has an answer of its own is logged there."""
    logger.exception("unhandled_exception")


class TraceMiddleware:
    """Name each request, answer with the name, and log one line of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        inbound = request.headers.get(HEADER, "")
        trace_id = inbound if _SAFE.fullmatch(inbound) else uuid4().hex
        request.META["offboard.trace_id"] = trace_id
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(trace_id=trace_id):
            response = self.get_response(request)
            response[HEADER] = trace_id
            # The route, not the path: what a caller writes into a path could be an address.
            match = request.resolver_match
            logger.info(
                "request",
                method=request.method,
                route=match.route if match else None,
                status=response.status_code,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
            )
        return response
