"""Errors of any endpoint: what HTTP, the body and the server can be wrong with."""

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


class MethodNotAllowedError(ContractError):
    """The path does not take this method."""

    status = 405
    code = "METHOD_NOT_ALLOWED"
    type = "client_error"
    message = "This method is not allowed here."


class NotAcceptableError(ContractError):
    """The caller accepts no JSON."""

    status = 406
    code = "NOT_ACCEPTABLE"
    type = "client_error"
    message = "The response is available as application/json only."


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


class InternalError(ContractError):
    """Something went wrong here; the log says what, the caller is not told."""

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
