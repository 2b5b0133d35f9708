"""Which sessions open the admin, and whether one still does after it waited for others."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest


class LoginRefusedError(Exception):
    """The account was disabled, erased or deleted while somebody logged in to it."""


def require_staff_again(request: HttpRequest) -> None:
    """Read again whose session it is, and so what they may do: to be called behind a lock.

    Raises PermissionDenied for whoever would not be let in any more.
    """
    request.user = get_user(request)
    if not admin.site.has_permission(request):
        raise PermissionDenied


def require_passwords() -> None:
    """Raise Http404 where nobody logs in by a password, so that none is set that opens nothing."""
    if not settings.PASSWORD_LOGIN:
        raise Http404
