"""Authenticates requests of programs by the tokens of their connections."""

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from config.api.errors import TokenInvalidError
from organizations.connections.tokens import PREFIXES, check_token, note_use
from organizations.models import Connection, ConnectionToken
from users.authentication import bearer_token


class ConnectionAuthentication(BaseAuthentication):
    """Finds the connection whose token a request carries, and notes its use once a day.

    It ignores the tokens of persons.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ConnectionToken] | None:
        """Return no user and the token, or None without a valid token of a program.

        The authentication of persons comes next and refuses any other token. Raises
        TokenExpiredError.
        """
        plain = bearer_token(request)
        if plain is None or not plain.startswith(PREFIXES[Connection.Kind.API]):
            return None
        try:
            token = check_token(Connection.Kind.API, plain)
        except TokenInvalidError:
            return None
        note_use(token.connection)
        return AnonymousUser(), token
