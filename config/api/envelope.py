"""The body that every error under ``/v1`` has, whatever raised it (contract: Errors)."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.response import Response

from config.api import errors
from config.database_errors import DATABASE_FAILURES, RETRY_AFTER_SECONDS
from config.errors import ContractError
from config.timestamps import in_whole_seconds
from config.trace import trace_id_of

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()

# What Django and REST framework raise, most specific first, and what the contract calls it.
_CONTRACT_NAMES: tuple[tuple[type[Exception], type[ContractError]], ...] = (
    (exceptions.ParseError, errors.MalformedRequestError),
    (exceptions.ValidationError, errors.InvalidFieldsError),
    (exceptions.NotFound, errors.NotFoundError),
    (Http404, errors.NotFoundError),
    (exceptions.MethodNotAllowed, errors.MethodNotAllowedError),
    (exceptions.NotAcceptable, errors.NotAcceptableError),
    (exceptions.UnsupportedMediaType, errors.UnsupportedMediaTypeError),
    (exceptions.Throttled, errors.RateLimitedError),
    *((failure, errors.ServiceUnavailableError) for failure in DATABASE_FAILURES),
)
_BY_STATUS: dict[int, type[ContractError]] = {
    error.status: error
    for error in (
        errors.NotFoundError,
        errors.MethodNotAllowedError,
        errors.NotAcceptableError,
        errors.RateLimitedError,
    )
}


def envelope(error: ContractError, trace_id: str, *, at: datetime | None = None) -> dict[str, Any]:
    """Return the error as the contract's body, raised now or ``at`` a time."""
    return {
        "success": False,
        "error": {
            "code": error.code,
            "message": error.message,
            "system_message": error.system_message,
            "type": error.type,
            "status": error.status,
            "details": error.details,
            "trace_id": trace_id,
            "timestamp": in_whole_seconds(at or timezone.now()),
        },
    }


def is_for_api(request: HttpRequest) -> bool:
    """Tell whether a request is for something under ``/v1``."""
    return request.path_info == "/v1" or request.path_info.startswith("/v1/")


def exception_handler(exception: Exception, context: dict[str, Any]) -> Response:
    """Turn whatever a view raised into the envelope; REST framework calls this for every exception.

    What no row of the contract names is logged whole, and told as INTERNAL_ERROR.
    """
    error = _as_contract_error(exception)
    if error.status >= 500:
        logger.exception(error.code, exc_info=exception)
    response = Response(
        envelope(error, trace_id_of(context["request"])),
        status=error.status,
        headers=_headers(error, exception),
    )
    response._has_been_logged = True  # type: ignore[attr-defined]  # one line a request is enough
    return response


class EnvelopeMiddleware:
    """Give errors that are no envelope yet one: of an unknown path, or of a view that is a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (
            not is_for_api(request)
            or response.status_code < 400
            or not isinstance(response, HttpResponse)
            or response.headers.get("Content-Type") == "application/json"
        ):
            return response
        fallback = (
            errors.InternalError if response.status_code >= 500 else errors.MalformedRequestError
        )
        error = _BY_STATUS.get(response.status_code, fallback)()
        response.status_code = error.status
        response.content = json.dumps(envelope(error, trace_id_of(request))).encode()
        response["Content-Type"] = "application/json"
        response["Content-Length"] = str(len(response.content))
        return response


def _as_contract_error(exception: Exception) -> ContractError:
    """Return the exception under the contract's name."""
    if isinstance(exception, ContractError):
        return exception
    for raised, named in _CONTRACT_NAMES:
        if isinstance(exception, raised):
            if isinstance(exception, exceptions.ValidationError):
                return named(cast("dict[str, object]", exception.detail))
            if isinstance(exception, exceptions.APIException):
                return named(system_message=str(exception.detail).lower())
            return named()
    return errors.InternalError()


def _headers(error: ContractError, exception: Exception) -> dict[str, str]:
    """Return the headers that belong to the error's status."""
    if error.status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if wait := getattr(exception, "wait", None):
        return {"Retry-After": f"{wait:.0f}"}
    if error.status in {429, 503}:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}
