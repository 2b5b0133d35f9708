"""Bearer tokens of the API."""

import hashlib
import secrets
from datetime import timedelta
from typing import Self

import pgtrigger
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from config.prepared_statements import fetch_prepared
from config.triggers import BeforeRow
from users.models.user import User

TOKEN_PREFIX = "offboard_"  # noqa: S105 (not a secret: lets scanners recognise a leaked token)
SHOWN_LENGTH = len(TOKEN_PREFIX) + 6

_FIND = """
    SELECT token.id, token.user_id, token.expires_at, token.revoked_at, account.is_active
    FROM users_accesstoken AS token
    JOIN users_user AS account ON account.id = token.user_id
    WHERE token.digest = %s
"""


class AccountDisabledError(Exception):
    """The account is disabled, erased or deleted, so that no token of it would work."""


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    """Queries for access tokens, which are stored as digests."""

    @transaction.atomic
    def issue(self, user: User, *, name: str, lifetime: timedelta) -> tuple["AccessToken", str]:
        """Create a token; return it and its plain text, which is not stored.

        Waits for transactions that change the account. Raises AccountDisabledError.
        """
        plain = generate_token(TOKEN_PREFIX)
        token = self.create(
            user=user,
            name=name,
            digest=digest_of(plain),
            prefix=plain[:SHOWN_LENGTH],
            expires_at=timezone.now() + lifetime,
        )
        # Read behind the lock that the token's trigger takes.
        if not User.objects.filter(pk=user.pk, is_active=True).exists():
            raise AccountDisabledError
        return token, plain

    def valid(self) -> Self:
        """Tokens of enabled accounts that are neither expired nor revoked."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True)

    def expired(self) -> Self:
        return self.filter(revoked_at=None, expires_at__lte=timezone.now())

    def revoked(self) -> Self:
        return self.exclude(revoked_at=None)

    def find(self, plain: str) -> "AccessToken | None":
        """Return the token with this plain text, valid or not, or None.

        Loads only the fields of the token and of its user that every request needs.
        """
        found = fetch_prepared(_FIND, [digest_of(plain)])
        if not found:
            return None
        [(*values, is_active)] = found
        token = self.model.from_db(self.db, ["id", "user_id", "expires_at", "revoked_at"], values)
        token.user = User.from_db(self.db, ["id", "is_active"], [token.user_id, is_active])
        return token


def generate_token(prefix: str) -> str:
    """Return a new token: the prefix and 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def digest_of(plain: str) -> bytes:
    """Return the digest that is stored; 256 random bits need neither salt nor a slow hash."""
    return hashlib.sha256(plain.encode()).digest()


class AccessToken(models.Model):
    """A token with which a program acts as a user until it expires or is revoked."""

    user = models.ForeignKey(User, models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=100, blank=True, help_text="What the token is used for.")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    prefix = models.CharField(
        max_length=SHOWN_LENGTH, editable=False, help_text="How the token begins, to recognise it."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # When it was issued; for older tokens when the column was made, so that they still reach the
    # memberships of that time.
    reaches_before = models.DateTimeField(
        db_default=Now(),
        editable=False,
        help_text="Bound to no organization, it reaches memberships that began before this.",
    )
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        triggers = (
            # The database's clock decides what a token reaches. A transaction that adds the user to
            # an organization holds the account until it commits; the trigger waits for it before
            # it reads the clock. So a membership that was not committed when the token was issued
            # began later.
            BeforeRow(
                name="issued_now",
                operation=pgtrigger.Insert,
                func="""
                    PERFORM FROM users_user WHERE id = NEW.user_id FOR NO KEY UPDATE;
                    NEW.created_at = clock_timestamp();
                    NEW.reaches_before = NEW.created_at;
                    RETURN NEW;
                """,
            ),
            pgtrigger.ReadOnly(name="reach_stays", fields=["user", "created_at", "reaches_before"]),
        )

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()
