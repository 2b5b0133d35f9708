"""Gives each request an id: its response, errors, log lines and records carry it."""

import re
import sys
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "X-Request-ID"
# Callers' ids of this form are safe in a header, a log line and a page.
_SAFE = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,64}")

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def trace_id_of(request: HttpRequest) -> str:
    """Return the request's id: the caller's ``X-Request-ID`` if that is safe, else a new one."""
    return str(request.META["offboard.trace_id"])


def announce_failure(request: HttpRequest) -> None:
    """Send Django's signal for the exception that is being handled.

    Django sends it for what a view raises. Code that turns an exception into an answer itself calls
    this, so that the log and error trackers, which listen to the signal, get every 500 once.
    """
    got_request_exception.send(sender=None, request=request)


@receiver(got_request_exception)
def log_exception(request: HttpRequest, **_: object) -> None:
    """Log an unhandled exception with its traceback."""
    logger.error("unhandled_exception", exc_info=sys.exception())


class TraceMiddleware:
    """Sets each request's id, repeats it in the response, and logs one line per request."""

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
            # The route, not the path: a path may contain an e-mail address.
            match = request.resolver_match
            logger.info(
                "request",
                method=request.method,
                route=match.route if match else None,
                status=response.status_code,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
            )
        return response
