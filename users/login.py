"""The keys by which logins are counted: for the lockout of an account, and per address."""

from collections.abc import Mapping

from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

from config.api.throttling import RateThrottle
from users.email_address import canonical_address

LONGEST = 255  # as long as the table of attempts allows; no account's address is longer


def account_of(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str | None:
    """Return the e-mail address of the attempt in its canonical form, or None without one."""
    tried = (credentials or request.POST).get("username")
    return canonical_address(tried)[:LONGEST] if tried else None


def address_of(request: HttpRequest) -> str:
    """Return the client's address, determined as for the API's rate limits (NUM_PROXIES)."""
    return BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # reads META alone


class LoginRateThrottle(RateThrottle):
    """Counts logins by the address they come from, whatever the account."""

    scope = "login"

    def get_cache_key(self, request: HttpRequest, view: object) -> str | None:
        """Return the key under which the address's logins are counted; None unless it is a POST."""
        return f"throttle_login_{address_of(request)}" if request.method == "POST" else None
