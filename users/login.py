"""Finds the account of a login to the admin, for the lockout and the session."""

from collections.abc import Mapping
from math import ceil
from typing import cast

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config.admin.sessions import LoginRefusedError
from users.email_address import canonical_address
from users.models import User

LONGEST = 255  # characters, of the column of attempts; no account's address is longer


def account_of(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str | None:
    """Return the canonical e-mail address of the attempt, or None without one."""
    tried = (credentials or request.POST).get("username")
    # Cut before it is normalized, which takes seconds for megabytes. Stripped before it is cut, as
    # the form strips it, so that blanks do not hide whose account it is.
    return canonical_address(tried.strip()[:LONGEST])[:LONGEST] if tried else None


def staff_of(request: HttpRequest) -> User:
    """Return the logged-in account, without which the admin shows no page."""
    return cast("User", request.user)


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """Return the page of a locked account, with the longest wait."""
    response = render(request, "admin/locked_out.html", status=429)
    if longest := get_cool_off(request):
        response["Retry-After"] = str(ceil(longest.total_seconds()))
    return response


def note_login(*, user: User, **_: object) -> None:
    """Record a login. Raises LoginRefusedError if the account is disabled, erased or deleted.

    The update waits for a transaction that does so at the same moment.
    """
    if not User.objects.filter(pk=user.pk, is_active=True).update(last_login=timezone.now()):
        raise LoginRefusedError


def is_of_provider(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> bool:
    """Return whether a login comes from a provider, which has no password to guess."""
    return "nonce" in (credentials or {})
