"""The refusals of authentication."""

from config.errors import ContractError


class AuthenticationRequiredError(ContractError):
    """The request carries no credentials."""

    status = 401
    code = "AUTHENTICATION_REQUIRED"
    type = "authentication_error"
    message = "Authentication is required."


class TokenInvalidError(ContractError):
    """The token is unknown or revoked, or its user's account is disabled."""

    status = 401
    code = "TOKEN_INVALID"
    type = "authentication_error"
    message = "The access token is invalid."


class TokenExpiredError(ContractError):
    """The token has expired."""

    status = 401
    code = "TOKEN_EXPIRED"
    type = "authentication_error"
    message = "The access token has expired."
