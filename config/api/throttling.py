"""How many requests a token and an address may send; settings name the rates."""

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class AddressRateThrottle(SimpleRateThrottle):
    """Counts requests by the address they come from, whoever sends them."""

    scope = "address"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Return the key that this caller's requests are counted under."""
        return f"throttle_address_{self.get_ident(request)}"


class TokenRateThrottle(SimpleRateThrottle):
    """Counts requests by the access token."""

    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return the key that this token's requests are counted under; None without a token."""
        return f"throttle_token_{request.auth.pk}" if request.auth else None
