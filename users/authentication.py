"""Authenticates requests by bearer token (contract: auth)."""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from config.api.errors import AuthenticationRequiredError, TokenExpiredError, TokenInvalidError
from users.models import AccessToken, User

MAX_TOKEN_LENGTH = 256


def bearer_token(request: Request | HttpRequest) -> str | None:
    """Return the bearer token of a request, cut if it is too long for one, or None."""
    scheme, _, plain = request.headers.get("Authorization", "").strip().partition(" ")
    return plain.strip()[: MAX_TOKEN_LENGTH + 1] if scheme.lower() == "bearer" else None


class BearerTokenAuthentication(BaseAuthentication):
    """Finds the token and its user in one query; writes nothing."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken]:
        """Return the user and the token of the request.

        Raises AuthenticationRequiredError without a bearer token, TokenInvalidError if the token is
        unknown or revoked or the account disabled, and TokenExpiredError.
        """
        plain = bearer_token(request)
        if plain is None:
            raise AuthenticationRequiredError
        token = AccessToken.objects.find(plain)
        if token is None or token.revoked_at or not token.user.is_active:
            raise TokenInvalidError
        if token.is_expired:
            raise TokenExpiredError
        return token.user, token
