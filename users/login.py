"""The keys by which logins are counted: for the lockout of an account, and per address."""

from collections.abc import Mapping

from django.http import HttpRequest

from config.api.throttling import RateThrottle
from users.email_address import canonical_address

LONGEST = 255  # as long as the table of attempts allows; no account's address is longer


def account_of(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str | None:
    """Return the e-mail address of the attempt in its canonical form, or None without one."""
    tried = (credentials or request.POST).get("username")
    # Cut first, since normalizing a text of megabytes takes seconds; but after the blanks at its
    # begin, which the form strips, so that they do not hide whose account it is.
    return canonical_address(tried.strip()[:LONGEST])[:LONGEST] if tried else None


class LoginRateThrottle(RateThrottle):
    """Counts logins by the address they come from, whatever the account."""

    scope = "login"

    def get_cache_key(self, request: HttpRequest, view: object) -> str | None:
        """Return the key under which the address's logins are counted; None unless it is a POST."""
        return f"throttle_login_{self.get_ident(request)}" if request.method == "POST" else None
