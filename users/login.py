"""Tells which account a login tries, for its lockout, and which account is logged in."""

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

LONGEST = 255  # as long as the table of attempts allows; no account's address is longer


def account_of(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str | None:
    """Return the e-mail address of the attempt in its canonical form, or None without one."""
    tried = (credentials or request.POST).get("username")
    # Cut first, since normalizing a text of megabytes takes seconds; but after the blanks at its
    # begin, which the form strips, so that they do not hide whose account it is.
    return canonical_address(tried.strip()[:LONGEST])[:LONGEST] if tried else None


def staff_of(request: HttpRequest) -> User:
    """Return the logged-in account; the admin's pages are never shown without one."""
    return cast("User", request.user)


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """Return the page of an account that is locked for an address, with the longest that it is."""
    response = render(request, "admin/locked_out.html", status=429)
    if longest := get_cool_off(request):
        response["Retry-After"] = str(ceil(longest.total_seconds()))
    return response


def note_login(*, user: User, **_: object) -> None:
    """Note when somebody logged in. Raises LoginRefusedError if the account works no more.

    It waits for whoever is changing the account; what a password or a provider opened before that
    may be erased by now.
    """
    if not User.objects.filter(pk=user.pk, is_active=True).update(last_login=timezone.now()):
        raise LoginRefusedError


def is_of_provider(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> bool:
    """Return whether a login comes from a provider: there is no password to guess."""
    return "nonce" in (credentials or {})
