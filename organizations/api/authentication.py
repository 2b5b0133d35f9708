"""Authenticates requests of programs by the tokens of their connections."""

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from config.api.errors import TokenInvalidError
from organizations.connections.tokens import PREFIXES, check_token, note_use
from organizations.models import Connection, ConnectionToken
from users.authentication import bearer_token


class ConnectionAuthentication(BaseAuthentication):
    """Finds the connection whose token a request carries; the tokens of persons are left alone.

    That a connection was used is written once a day.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ConnectionToken] | None:
        """Return the token, which no user has, or None for what is no token of a program.

        What is none is refused by the authentication of persons. Raises TokenExpiredError.
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
