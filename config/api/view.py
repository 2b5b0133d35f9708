"""What every view of the API does before its own work."""

from collections.abc import Sequence

from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from config.api.throttling import AddressRateThrottle, TokenRateThrottle
from users.models import AccessToken, User


class AuthenticatedRequest(Request):
    """A request whose user is known: authentication lets no other through."""

    user: User
    auth: AccessToken


class ApiView(APIView):
    """A view that counts the caller's address, then authenticates."""

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
        """Authenticate, after the limit on the address: guessing tokens is limited too."""
        throttle = AddressRateThrottle()
        if not throttle.allow_request(request, self):
            self.throttled(request, throttle.wait() or 0)
        super().perform_authentication(request)

    def body_of(self, request: Request) -> object:
        """Return the JSON body.

        Raises ParseError for one without a length: behind it the body would seem to be empty.
        """
        if "Transfer-Encoding" in request.headers:
            raise ParseError("the body must be sent with a content-length.")
        return request.data
