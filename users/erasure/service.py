"""Erases a person's data; the account stays, empty and disabled."""

import secrets
from collections.abc import Collection

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.utils import timezone

from users.authority import is_above
from users.erasure.exceptions import ErasureRefusedError
from users.erasure.identities import identities_of
from users.erasure.log_entries import anonymize_log_entries
from users.erasure.logins import delete_failed_logins, end_sessions
from users.erasure.reasons import empty_reasons
from users.models import User
from users.models.user import ERASED_DOMAIN


def find_refusal(account: User, *, actor: User | None) -> str | None:
    """Return why the actor (None: the command) cannot erase the account, or None if they can."""
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
    """Erase all data of a person except ids and counts; return the emptied account.

    ``emptied`` are the ids of records about the person whose reason is emptied. The account can
    neither log in nor be enabled again. Raises ErasureRefusedError or User.DoesNotExist.
    """
    with transaction.atomic():
        # The lock makes a membership that is added now wait: it refers to this row.
        account: User = User.objects.select_for_update().get(pk=user_id)
        if refusal := find_refusal(account, actor=actor):
            raise ErasureRefusedError(refusal)
        identities = identities_of(account)
        end_sessions(account)
        account.access_tokens.all().delete()
        account.scim_identities.all().delete()  # those of ended memberships
        account.groups.clear()
        account.user_permissions.clear()
        empty_reasons(account, emptied)
        _empty(account)
        for identity in identities:
            delete_failed_logins(identity)
        anonymize_log_entries(account, identities)
        return account


def _empty(account: User) -> None:
    """Empty and disable the account; a trigger forbids any later change."""
    account.full_name = ""
    account.email = f"{secrets.token_hex(16)}{ERASED_DOMAIN}"
    account.password = UNUSABLE_PASSWORD_PREFIX
    account.last_login = None
    account.is_active = account.is_staff = account.is_superuser = False
    account.erased_at = timezone.now()
    account.save()
