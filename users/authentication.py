"""Authenticates requests by bearer token (contract: auth)."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from config.api.errors import AuthenticationRequiredError, TokenExpiredError, TokenInvalidError
from users.models import AccessToken, User

MAX_TOKEN_LENGTH = 256


class BearerTokenAuthentication(BaseAuthentication):
    """Finds the token and its user in one query; writes nothing."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken]:
        """Return the user and the token of the request.

        Raises AuthenticationRequiredError without a bearer token, TokenInvalidError if the token is
        unknown or revoked or its user's account is disabled, and TokenExpiredError if it expired.
        """
        scheme, _, plain = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationRequiredError
        token = AccessToken.objects.find(plain.strip()[: MAX_TOKEN_LENGTH + 1])
        if token is None or token.is_revoked or not token.user.is_active:
            raise TokenInvalidError
        if token.is_expired:
            raise TokenExpiredError
        return token.user, token
