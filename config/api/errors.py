"""Errors of any endpoint: what HTTP, the body and the server can be wrong with."""

import re
from http.client import responses

from django.utils.encoding import escape_uri_path

from config.errors import ContractError


class MalformedRequestError(ContractError):
    """The body is not readable JSON, or not an object."""

    status = 400
    code = "MALFORMED_REQUEST"
    type = "client_error"
    message = "The request could not be read."


class HttpsRequiredError(ContractError):
    """The request came over plain HTTP, and so did its token."""

    status = 403
    code = "HTTPS_REQUIRED"
    type = "authorization_error"
    message = "The API is available over HTTPS only."


class NotFoundError(ContractError):
    """There is nothing at this path."""

    status = 404
    code = "NOT_FOUND"
    type = "client_error"
    message = "There is nothing at this address."


class TrailingSlashError(NotFoundError):
    """There is nothing at this path, but there is without its slash at the end.

    Whoever repeats a removal must not take it for an answer about the user.
    """

    def __init__(self, path: str) -> None:
        address = escape_uri_path(path)
        self.message = f"There is nothing at this address. Without its last slash it is {address}."
        super().__init__({"address": address}, system_message=f"no such path; use {address}")


class MethodNotAllowedError(ContractError):
    """The path does not take this method."""

    status = 405
    code = "METHOD_NOT_ALLOWED"
    type = "client_error"
    message = "This method is not allowed here."


class NotAcceptableError(ContractError):
    """The caller accepts nothing that this address answers."""

    status = 406
    code = "NOT_ACCEPTABLE"
    type = "client_error"
    message = "The response is not available in a format that the request accepts."


class PayloadTooLargeError(ContractError):
    """The body is over the limit."""

    status = 413
    code = "PAYLOAD_TOO_LARGE"
    type = "client_error"
    message = "The request body is too large."


class UnsupportedMediaTypeError(ContractError):
    """The body is no JSON."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"
    type = "client_error"
    message = "The request body must be application/json."


class InvalidFieldsError(ContractError):
    """A field of the body is of the wrong type, or unknown; details: field -> messages."""

    status = 422
    code = "VALIDATION_ERROR"
    type = "validation_error"
    message = "Some fields of the request are not valid."


class RateLimitedError(ContractError):
    """The token or the address sent too many requests."""

    status = 429
    code = "RATE_LIMITED"
    type = "rate_limit_error"
    message = "Too many requests. Please try again later."


class OtherError(ContractError):
    """A 4xx that has no row in the contract: its code is HTTP's own phrase, such as CONFLICT."""

    type = "client_error"

    def __init__(self, status: int, system_message: str | None = None) -> None:
        phrase = responses.get(status, "Client Error")
        self.status = status
        self.code = re.sub(r"\W+", "_", phrase).upper()
        self.message = f"{phrase}."
        super().__init__(system_message=system_message)


class InternalError(ContractError):
    """An unhandled exception: the log has it, the caller does not see it."""

    status = 500
    code = "INTERNAL_ERROR"
    type = "server_error"
    message = "Something went wrong on our side."


class ServiceUnavailableError(ContractError):
    """The database cannot do it now: it is away, overloaded or read-only."""

    status = 503
    code = "SERVICE_UNAVAILABLE"
    type = "server_error"
    message = "The service is temporarily unavailable. Please try again shortly."
