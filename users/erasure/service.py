"""Erases a person's data, and leaves an account that says so by its id."""

import secrets
from collections.abc import Collection

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.utils import timezone

from users.authority import is_above
from users.erasure.exceptions import ErasureRefusedError
from users.erasure.identities import identities_of
from users.erasure.log_entries import speak_by_id
from users.erasure.logins import end_sessions, forget_failed_logins
from users.erasure.reasons import empty_reasons
from users.models import User
from users.models.user import ERASED_DOMAIN


def find_refusal(account: User, *, actor: User | None) -> str | None:
    """Return why the account cannot be erased by the actor (None: the command), or None."""
    if account.erased_at:
        return "It is erased already."
    if actor == account:
        return "Nobody erases their own account."
    if account.is_superuser if actor is None else is_above(account, actor):
        return "It may do more in the admin: only a superuser erases it, and there."
    current = account.memberships.current().select_related("organization")
    if organizations := ", ".join(membership.organization.name for membership in current):
        return f"Still a member of {organizations}: remove them from there first."
    return None


def erase_account(user_id: str, *, actor: User | None, emptied: Collection[str] = ()) -> User:
    """Erase what the application knows of a person, but for ids and counts; return the account.

    Of the records about them, those with the ids in ``emptied`` lose their reason. The account can
    neither log in nor be enabled again. Raises ErasureRefusedError, User.DoesNotExist.
    """
    with transaction.atomic():
        # A membership that is being added refers to this row, and waits.
        account: User = User.objects.select_for_update().get(pk=user_id)
        if refusal := find_refusal(account, actor=actor):
            raise ErasureRefusedError(refusal)
        identities = identities_of(account)
        end_sessions(account)
        account.access_tokens.all().delete()
        account.groups.clear()
        account.user_permissions.clear()
        empty_reasons(account, emptied)
        _empty(account)
        for identity in identities:
            forget_failed_logins(identity)
        speak_by_id(account, identities)
        return account


def _empty(account: User) -> None:
    """Leave of the account only that it was there; the database keeps it so."""
    account.full_name = ""
    account.email = f"{secrets.token_hex(16)}{ERASED_DOMAIN}"
    account.password = UNUSABLE_PASSWORD_PREFIX
    account.last_login = None
    account.is_active = account.is_staff = account.is_superuser = False
    account.erased_at = timezone.now()
    account.save()
