"""By what failed logins are counted, so that many of them lock the attempt out."""

from collections.abc import Mapping

from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

LONGEST = 255  # what fits the table of attempts; an account's address is shorter


def account_of(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str | None:
    """Return the e-mail address tried: one mailbox is one account, however it is written."""
    tried = (credentials or request.POST).get("username")
    return tried.strip().lower()[:LONGEST] if tried else None


def address_of(request: HttpRequest) -> str:
    """Return where the attempt comes from, as the API's rate limits see it (NUM_PROXIES)."""
    return BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # reads META alone
