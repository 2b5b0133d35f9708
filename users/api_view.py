"""The base of the API's views: rate limits, authentication, reading the body."""

from collections.abc import Sequence

from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from config.api.throttling import AddressRateThrottle, TokenRateThrottle
from users.models import AccessToken, User


class AuthenticatedRequest(Request):
    """An authenticated request, which has a user and a token."""

    user: User
    auth: AccessToken


class ApiView(APIView):
    """A view that limits requests by address, then authenticates, then limits by token."""

    http_method_names = [  # noqa: RUF012 (a list, as Django declares it)
        "get",
        "head",
        "post",
        "put",
        "patch",
        "delete",
    ]
    throttle_classes: Sequence[type[BaseThrottle]] = (TokenRateThrottle,)
    request: AuthenticatedRequest

    def perform_authentication(self, request: Request) -> None:
        """Apply the address's rate limit, then authenticate: this also limits token guessing."""
        throttle = AddressRateThrottle()
        if not throttle.allow_request(request, self):
            self.throttled(request, throttle.wait() or 0)
        super().perform_authentication(request)

    def body_of(self, request: Request) -> object:
        """Return the JSON body.

        Raises ParseError for a body without Content-Length, which Django would read as empty.
        """
        if "Transfer-Encoding" in request.headers:
            raise ParseError("the body must be sent with a content-length.")
        return request.data
