"""Every error under ``/v1`` has one JSON body, whatever raised it (contract: Errors)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.urls import is_valid_path
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.settings import api_settings

from config.api import errors
from config.database_errors import DATABASE_FAILURES, RETRY_AFTER_SECONDS, log_database_failure
from config.errors import ContractError, InsufficientPermissionsError
from config.timestamps import in_whole_seconds
from config.trace import announce_failure, trace_id_of

# Exceptions of Django and REST framework, with the contract's error for each. An exception that is
# not listed is translated by its status.
_BY_EXCEPTION: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[ContractError]], ...]
_BY_EXCEPTION = (
    (exceptions.NotAuthenticated, errors.AuthenticationRequiredError),
    (exceptions.AuthenticationFailed, errors.TokenInvalidError),
    (PermissionDenied, InsufficientPermissionsError),
    (Http404, errors.NotFoundError),
    (RequestDataTooBig, errors.PayloadTooLargeError),
    (
        (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError),
        errors.MalformedRequestError,
    ),
    (DATABASE_FAILURES, errors.ServiceUnavailableError),
)
_BY_STATUS: dict[int, type[ContractError]] = {
    error.status: error
    for error in (
        errors.MalformedRequestError,
        errors.AuthenticationRequiredError,
        InsufficientPermissionsError,
        errors.NotFoundError,
        errors.MethodNotAllowedError,
        errors.NotAcceptableError,
        errors.PayloadTooLargeError,
        errors.UnsupportedMediaTypeError,
        errors.InvalidFieldsError,
        errors.RateLimitedError,
        errors.ServiceUnavailableError,
    )
}

# Headers that describe the replaced body and are not copied to the envelope's response.
_BODY_HEADERS = {"content-type", "content-length", "content-encoding", "content-disposition"}


def envelope(error: ContractError, trace_id: str, *, at: datetime | None = None) -> dict[str, Any]:
    """Return the contract's body for an error; ``at`` is its timestamp, now by default."""
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


class ErrorResponse(JsonResponse):
    """An error in the envelope: always JSON, whatever the request's Accept header says."""

    _has_been_logged = True  # keeps Django from logging it again: each request has its line

    def __init__(self, error: ContractError, trace_id: str) -> None:
        super().__init__(
            envelope(error, trace_id),
            status=error.status,
            json_dumps_params={"separators": (",", ":")},
        )
        self["Content-Length"] = str(len(self.content))
        if error.status == 401:
            is_wrong = not isinstance(error, errors.AuthenticationRequiredError)
            self["WWW-Authenticate"] = challenge(is_wrong=is_wrong)
        if error.status in {429, 503}:
            self["Retry-After"] = str(RETRY_AFTER_SECONDS)


def challenge(*, is_wrong: bool) -> str:
    """Return the `WWW-Authenticate` of RFC 6750, section 3, which names a wrong token."""
    return 'Bearer error="invalid_token"' if is_wrong else "Bearer"


def is_for_api(request: HttpRequest) -> bool:
    """Return whether the request's path is under ``/v1``."""
    return request.path_info == "/v1" or request.path_info.startswith("/v1/")


def exception_handler(exception: Exception, context: dict[str, Any]) -> ErrorResponse:
    """Return the envelope for an exception of a view; REST framework calls this for each one.

    An exception that is not a refusal is announced, and reported as INTERNAL_ERROR.
    """
    error = _as_contract_error(exception)
    request: Request = context["request"]
    if error.status == 503:
        log_database_failure(exception)
    elif error.status >= 500:
        announce_failure(request._request)
    response = ErrorResponse(error, trace_id_of(request))
    if wait := getattr(exception, "wait", None):
        response["Retry-After"] = f"{wait:.0f}"
    return response


class EnvelopeMiddleware:
    """Wraps errors without an envelope: unknown paths, and views that build their own response.

    An ErrorResponse, which other middleware also returns, is passed on unchanged.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (
            not is_for_api(request)
            or response.status_code < 400
            or isinstance(response, ErrorResponse)
        ):
            return response
        error = _error_for_status(response.status_code)
        path = request.path_info.rstrip("/")
        if error.status == 404 and path != request.path_info and is_valid_path(path):
            error = errors.TrailingSlashError(path)
        answer = ErrorResponse(error, trace_id_of(request))
        for name, value in response.headers.items():
            if name.lower() not in _BODY_HEADERS:
                answer[name] = value
        return answer


def _as_contract_error(exception: Exception) -> ContractError:
    """Return the contract's error for an exception."""
    if isinstance(exception, ContractError):
        return exception
    if isinstance(exception, exceptions.ValidationError):
        return errors.InvalidFieldsError(_messages_by_field(exception.detail))
    text = None
    if isinstance(exception, exceptions.APIException):
        text = " ".join(_messages(exception.detail)).lower()
    for raised, named in _BY_EXCEPTION:
        if isinstance(exception, raised):
            return named(system_message=text)
    return _error_for_status(getattr(exception, "status_code", 500), text)


def _error_for_status(status: int, text: str | None = None) -> ContractError:
    """Return the contract's error for a status; from 500 on without ``text``, which may leak."""
    if status >= 500:
        return _BY_STATUS.get(status, errors.InternalError)()
    if named := _BY_STATUS.get(status):
        return named(system_message=text)
    return errors.OtherError(status, text)


def _messages_by_field(detail: object) -> dict[str, list[str]]:
    """Return the contract's details: each top-level field with all messages nested below it."""
    if not isinstance(detail, dict):
        detail = {api_settings.NON_FIELD_ERRORS_KEY: detail}
    return {str(field): list(dict.fromkeys(_messages(found))) for field, found in detail.items()}


def _messages(detail: object) -> list[str]:
    """Return all messages in the ``detail`` of a REST framework exception, flattened."""
    if isinstance(detail, dict):
        detail = list(detail.values())
    if isinstance(detail, list):
        return [message for part in detail for message in _messages(part)]
    return [str(detail)]
