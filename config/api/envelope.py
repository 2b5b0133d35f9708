"""The body that every error under ``/v1`` has, whatever raised it (contract: Errors)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
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
from rest_framework.settings import api_settings

from config.api import errors
from config.database_errors import DATABASE_FAILURES, RETRY_AFTER_SECONDS
from config.errors import ContractError, InsufficientPermissionsError
from config.timestamps import in_whole_seconds
from config.trace import trace_id_of
from users.exceptions import AuthenticationRequiredError, TokenInvalidError

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()

# What Django and REST framework raise, and what the contract calls it. Whatever is not here goes by
# the status that it has of itself.
_BY_EXCEPTION: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[ContractError]], ...]
_BY_EXCEPTION = (
    (exceptions.NotAuthenticated, AuthenticationRequiredError),
    (exceptions.AuthenticationFailed, TokenInvalidError),
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
        AuthenticationRequiredError,
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

# Headers that belong to the body that the envelope replaces.
_OF_THE_BODY = {"content-type", "content-length", "content-encoding", "content-disposition"}


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


class ErrorResponse(JsonResponse):
    """An error in the envelope: JSON, whatever the caller would accept for an answer."""

    _has_been_logged = True  # as Django calls it; one line a request is enough

    def __init__(self, error: ContractError, trace_id: str) -> None:
        super().__init__(
            envelope(error, trace_id),
            status=error.status,
            json_dumps_params={"separators": (",", ":")},
        )
        self["Content-Length"] = str(len(self.content))
        if error.status == 401:
            self["WWW-Authenticate"] = "Bearer"
        if error.status in {429, 503}:
            self["Retry-After"] = str(RETRY_AFTER_SECONDS)


def is_for_api(request: HttpRequest) -> bool:
    """Tell whether a request is for something under ``/v1``."""
    return request.path_info == "/v1" or request.path_info.startswith("/v1/")


def exception_handler(exception: Exception, context: dict[str, Any]) -> ErrorResponse:
    """Turn whatever a view raised into the envelope; REST framework calls this for every exception.

    What is no refusal is logged whole, and told as INTERNAL_ERROR.
    """
    error = _as_contract_error(exception)
    if error.status >= 500:
        logger.exception(error.code, exc_info=exception)
    response = ErrorResponse(error, trace_id_of(context["request"]))
    if wait := getattr(exception, "wait", None):
        response["Retry-After"] = f"{wait:.0f}"
    return response


class EnvelopeMiddleware:
    """Wrap errors that have no envelope yet: of unknown paths, and of views that answer their own.

    What answers an error before a view does so by an ErrorResponse, which is left as it is.
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
        error = _of_status(response.status_code)
        path = request.path_info.rstrip("/")
        if error.status == 404 and path != request.path_info and is_valid_path(path):
            error = errors.TrailingSlashError(path)
        answer = ErrorResponse(error, trace_id_of(request))
        for name, value in response.headers.items():
            if name.lower() not in _OF_THE_BODY:
                answer[name] = value
        return answer


def _as_contract_error(exception: Exception) -> ContractError:
    """Return the exception under the contract's name."""
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
    return _of_status(getattr(exception, "status_code", 500), text)


def _of_status(status: int, text: str | None = None) -> ContractError:
    """Return the contract's error for a status; of a server's error nothing else is shown."""
    if status >= 500:
        return _BY_STATUS.get(status, errors.InternalError)()
    if named := _BY_STATUS.get(status):
        return named(system_message=text)
    return errors.OtherError(status, text)


def _messages_by_field(detail: object) -> dict[str, list[str]]:
    """Return field -> messages, as the contract's details have them, however deep they stood."""
    if not isinstance(detail, dict):
        detail = {api_settings.NON_FIELD_ERRORS_KEY: detail}
    return {str(field): list(dict.fromkeys(_messages(found))) for field, found in detail.items()}


def _messages(detail: object) -> list[str]:
    """Return every message in what REST framework calls the detail of an exception."""
    if isinstance(detail, dict):
        detail = list(detail.values())
    if isinstance(detail, list):
        return [message for part in detail for message in _messages(part)]
    return [str(detail)]
