"""The errors that any endpoint can return: of HTTP, the body, authentication and the server."""

import re
from http.client import responses

from django.utils.encoding import escape_uri_path

from config.errors import ContractError


class MalformedRequestError(ContractError):
    """The body is not readable JSON, or not an object."""

    status = 400
    code = "MALFORMED_REQUEST"
    message = "The request could not be read."


class AuthenticationRequiredError(ContractError):
    """The request carries no credentials."""

    status = 401
    code = "AUTHENTICATION_REQUIRED"
    message = "Authentication is required."


class TokenInvalidError(ContractError):
    """The token is unknown or revoked, or its user's account is disabled."""

    status = 401
    code = "TOKEN_INVALID"
    message = "The access token is invalid."


class TokenExpiredError(ContractError):
    """The token has expired."""

    status = 401
    code = "TOKEN_EXPIRED"
    message = "The access token has expired."


class HttpsRequiredError(ContractError):
    """The request came over plain HTTP, which exposed its token."""

    status = 403
    code = "HTTPS_REQUIRED"
    message = "The API is available over HTTPS only."


class NotFoundError(ContractError):
    """There is nothing at this path."""

    status = 404
    code = "NOT_FOUND"
    message = "There is nothing at this address."


class TrailingSlashError(NotFoundError):
    """There is nothing at this path, but there is at the path without its trailing slash.

    It has its own message so that a repeated removal does not read it as "user not found".
    """

    def __init__(self, path: str) -> None:
        address = escape_uri_path(path)
        self.message = f"There is nothing at this address. Without its last slash it is {address}."
        super().__init__({"address": address}, system_message=f"no such path; use {address}")


class MethodNotAllowedError(ContractError):
    """The path does not support this method."""

    status = 405
    code = "METHOD_NOT_ALLOWED"
    message = "This method is not allowed here."


class NotAcceptableError(ContractError):
    """The address has no response in a format that the caller accepts."""

    status = 406
    code = "NOT_ACCEPTABLE"
    message = "The response is not available in a format that the request accepts."


class PayloadTooLargeError(ContractError):
    """The body is over the limit."""

    status = 413
    code = "PAYLOAD_TOO_LARGE"
    message = "The request body is too large."


class UnsupportedMediaTypeError(ContractError):
    """The body is not declared as JSON."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"
    message = "The request body must be application/json."


class InvalidFieldsError(ContractError):
    """A field or parameter is invalid or unknown; details: field -> messages."""

    status = 422
    code = "VALIDATION_ERROR"
    is_validation = True
    message = "Some fields of the request are not valid."


class RateLimitedError(ContractError):
    """The token or the address sent too many requests."""

    status = 429
    code = "RATE_LIMITED"
    message = "Too many requests. Please try again later."


class OtherError(ContractError):
    """A 4xx that the contract does not list; its code is HTTP's phrase, such as CONFLICT."""

    def __init__(self, status: int, system_message: str | None = None) -> None:
        phrase = responses.get(status, "Client Error")
        self.status = status
        self.code = re.sub(r"\W+", "_", phrase).upper()
        self.message = f"{phrase}."
        super().__init__(system_message=system_message)


class InternalError(ContractError):
    """An unhandled exception; it is logged and not shown to the caller."""

    status = 500
    code = "INTERNAL_ERROR"
    message = "Something went wrong on our side."


class ServiceUnavailableError(ContractError):
    """The database is unreachable, overloaded or read-only at the moment."""

    status = 503
    code = "SERVICE_UNAVAILABLE"
    message = "The service is temporarily unavailable. Please try again shortly."
