"""The keys by which failed logins are counted for the lockout."""

from collections.abc import Mapping

from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

from config.api.throttling import RateThrottle
from users.email_address import canonical_address

LONGEST = 255  # what fits the table of attempts; an account's address is shorter


def account_of(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str | None:
    """Return the e-mail address tried: one mailbox is one account, however it is written."""
    tried = (credentials or request.POST).get("username")
    return canonical_address(tried)[:LONGEST] if tried else None


def address_of(request: HttpRequest) -> str:
    """Return where the attempt comes from, as the API's rate limits see it (NUM_PROXIES)."""
    return BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # reads META alone


class LoginRateThrottle(RateThrottle):
    """Counts logins by the address they come from, whichever accounts it tries."""

    scope = "login"

    def get_cache_key(self, request: HttpRequest, view: object) -> str | None:
        """Return the key that this caller's logins are counted under; the form alone is none."""
        return f"throttle_login_{address_of(request)}" if request.method == "POST" else None
