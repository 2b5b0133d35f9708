"""Rate limits count requests by token and by address, at the rates of the settings."""

import math
import time
from typing import Any, ClassVar

import structlog
from redis import RedisError
from rest_framework.throttling import SimpleRateThrottle

from config.client_address import client_address

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class RateThrottle(SimpleRateThrottle):
    """A rate limit that lets requests pass while its cache is unreachable.

    It counts by the address that requests come from, unless a subclass counts otherwise. A process
    that cannot reach the cache logs that and tries again after a minute.
    """

    SECONDS_UNCOUNTED: ClassVar[float] = 60
    _uncounted_until: ClassVar[float] = 0
    num_requests: int  # within the duration
    duration: int  # in seconds

    def get_ident(self, request: Any) -> str:
        return client_address(request)

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        return f"throttle_{self.scope}_{self.get_ident(request)}"

    def allow_request(self, request: Any, view: Any = None) -> bool:
        """Count a request (Django's or REST framework's); return whether it is within the rate."""
        if time.monotonic() < RateThrottle._uncounted_until:
            return True
        try:
            return super().allow_request(request, view)
        except (RedisError, OSError) as fault:
            RateThrottle._uncounted_until = time.monotonic() + self.SECONDS_UNCOUNTED
            logger.error("rates_uncounted", seconds=self.SECONDS_UNCOUNTED, exc_info=fault)
            return True

    def wait(self) -> int:
        """Return after how many seconds, rounded up for `Retry-After`, a request is let through."""
        # Not the oldest request: a higher rate before may have let more through.
        oldest_that_counts: float = self.history[self.num_requests - 1]
        return math.ceil(oldest_that_counts + self.duration - self.now)


class AddressRateThrottle(RateThrottle):
    """Counts requests by the address they come from."""

    scope = "address"


class TokenRateThrottle(RateThrottle):
    """Counts requests by the access token."""

    scope = "token"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        return f"throttle_{self.scope}_{request.auth.pk}" if request.auth else None


class DeliveryRateThrottle(TokenRateThrottle):
    """Counts, by access token, requests that make the application send something out."""

    scope = "delivery"


class InvitationRateThrottle(TokenRateThrottle):
    """Counts, by access token, requests that add somebody by an address."""

    scope = "invitation"


class LoginRateThrottle(RateThrottle):
    """Counts logins by the address they come from, whatever the account.

    A login by a provider begins with a GET, which stores a session.
    """

    scope = "login"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        route = request.resolver_match
        is_login = request.method == "POST" or (route and route.url_name == "oidc_login")
        return super().get_cache_key(request, view) if is_login else None
