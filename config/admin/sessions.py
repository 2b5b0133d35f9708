"""Checks that a session still opens the admin after it waited for a lock."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest


class LoginRefusedError(Exception):
    """The account was disabled, erased or deleted during the login."""


def require_staff_again(request: HttpRequest) -> None:
    """Read the user and their permissions again; call it behind a lock.

    Raises PermissionDenied for a user who can no longer log in to the admin.
    """
    request.user = get_user(request)
    if not admin.site.has_permission(request):
        raise PermissionDenied


def lock_own_account(request: HttpRequest) -> None:
    """Lock the user's account and read it again, for a change of it or of nothing that exists yet.

    Raises PermissionDenied for a user who can no longer log in to the admin.
    """
    account: Any = request.user
    accounts = account._meta.base_manager.select_for_update(no_key=True)
    accounts.filter(pk=account.pk).first()
    require_staff_again(request)


def require_passwords() -> None:
    """Raise Http404 where nobody logs in with a password, so that no useless one is set."""
    if not settings.PASSWORD_LOGIN:
        raise Http404
