"""The base of the API's views: limits rates, authenticates, and reads the body."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django.contrib.auth.models import AnonymousUser
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.throttling import BaseThrottle

from config.api.method import MethodFirstView
from config.api.throttling import AddressRateThrottle, TokenRateThrottle
from config.errors import ContractError
from users.models import User

Body = TypeVar("Body", bound=Serializer[Any])


class AuthenticatedRequest(Request):
    """An authenticated request; ``auth`` is the token of a person or of a program."""

    user: User | AnonymousUser
    auth: object


class ApiView(MethodFirstView):
    """Refuses a wrong method, limits by address, authenticates, limits by token, in this order."""

    throttle_classes: Sequence[type[BaseThrottle]] = (TokenRateThrottle,)
    path_examples: ClassVar[Mapping[str, str]] = {}  # by parameter of the path, for OpenAPI
    tag: ClassVar[str] = ""  # of its operations, for OpenAPI; else what the path names
    request: AuthenticatedRequest

    @classmethod
    def refusals_of_callers(cls, method: str) -> Sequence[ContractError]:
        """Return examples of the errors for callers who may not send this method, for OpenAPI."""
        return ()

    def perform_authentication(self, request: Request) -> None:
        """Limit by address, so that nobody guesses tokens fast; authenticate; limit by token.

        The limit by token comes before permissions, so that refused requests count, too.
        """
        throttle = AddressRateThrottle()
        if not throttle.allow_request(request, self):
            self.throttled(request, throttle.wait())
        super().perform_authentication(request)
        super().check_throttles(request)

    def check_throttles(self, request: Request) -> None:
        """Do nothing: `perform_authentication` has limited the request."""

    def read_body(self, kind: type[Body], **options: Any) -> Body:
        """Return the valid body of the request.

        Raises ValidationError, and ParseError for a body without Content-Length, which Django reads
        as empty.
        """
        if "Transfer-Encoding" in self.request.headers:
            raise ParseError("the body must be sent with a content-length.")
        body = kind(data=self.request.data, **options)
        body.is_valid(raise_exception=True)
        return body
