"""A person's account."""

import json
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password, make_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import connection, models
from django.db.models.functions import Concat, Lower
from django.utils import timezone

from config.characters import clean
from config.identifiers import IdentifiedQuerySet, PrefixedIdField, generate_id
from config.search import WordsField, index_of_words, indexed
from config.triggers import AfterRow
from users.email_address import ERASED_DOMAIN, LONGEST_TYPED, EmailAddressField, canonical_address


class UserQuerySet(IdentifiedQuerySet["User"]):
    """Queries for accounts."""

    def matching(self, term: str) -> Self:
        """Accounts with this id, or whose address or words of the name begin with the term."""
        term, address = clean(term[:LONGEST_TYPED]), canonical_address(term)
        if not address:  # every address begins with ""
            return self.none()
        return self.filter(
            models.Q(pk=term)
            | models.Q(email__startswith=address)
            | models.Q(name_words__begin_with=term)
        )


# In SQL, since thousands take a fifth of the time of `bulk_create`.
_MAKE_ACCOUNTS = """
    INSERT INTO users_user (
        id, email, full_name, name_words, password, is_active, is_staff, is_superuser, created_at
    )
    SELECT id, email, full_name, name_words, password, true, false, false, now()
    FROM jsonb_to_recordset(%s::jsonb)
        AS made (id text, email text, full_name text, name_words text[], password text)
    ON CONFLICT (email) DO NOTHING
"""


def _columns(email: str, full_name: str) -> dict[str, object]:
    return {
        "id": generate_id("usr"),
        "email": email,
        "full_name": full_name,
        "name_words": indexed(full_name),
        "password": f"{UNUSABLE_PASSWORD_PREFIX}{token_urlsafe(30)}",
    }


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Creates users, whose passwords it hashes."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without a password they cannot log in."""
        user: User = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def ensure(self, full_names: Mapping[str, str]) -> dict[str, str]:
        """Return the ids of the accounts with these canonical addresses, by address, locked.

        Makes those that are missing, with the full names given; nobody can log into them. Waits for
        another transaction that makes one of them. Takes a fixed number of SQL statements.
        """
        accounts = self.filter(email__in=full_names)
        found: dict[str, str] = {}
        while len(found) < len(full_names):  # again if an account lost its address meanwhile
            existing = set(accounts.values_list("email", flat=True))
            missing = sorted(full_names.keys() - existing)  # in one order, against deadlocks
            if missing:
                with connection.cursor() as cursor:
                    cursor.execute(
                        _MAKE_ACCOUNTS, [json.dumps([_columns(e, full_names[e]) for e in missing])]
                    )
            locked = accounts.order_by("pk").select_for_update(no_key=True)
            found = dict(locked.values_list("email", "pk"))
        return found


class User(AbstractBaseUser, PermissionsMixin):
    """A person's account; an organization's roles decide what they may do in it."""

    id = PrefixedIdField("usr")
    email = EmailAddressField(
        unique=True,
        db_collation="C",
        help_text="The login. Upper and lower case are the same.",
        error_messages={"unique": "There is an account with this e-mail address already."},
    )
    full_name = models.CharField(max_length=200, blank=True)
    name_words = WordsField(of="full_name")
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Whether the account works: without it no login and no token does.",
    )
    is_staff = models.BooleanField(
        "staff", default=False, help_text="Whether the user can log into this site."
    )
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        db_default="",
        default="",
        editable=False,
        help_text="In which staff are shown times and enter them; empty for UTC.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]  # noqa: RUF012 (a list, as Django declares it)

    class Meta:
        permissions = (("erase_user", "Can erase a person's data"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(erased_at=None)
                | models.Q(
                    full_name="",
                    email__endswith=ERASED_DOMAIN,
                    password=UNUSABLE_PASSWORD_PREFIX,
                    last_login=None,
                    time_zone="",
                    is_active=False,
                    is_staff=False,
                    is_superuser=False,
                ),
                name="erased_account_is_empty",
            ),
            models.CheckConstraint(
                condition=~models.Q(email__endswith=ERASED_DOMAIN)
                | models.Q(
                    erased_at__isnull=False, email=Concat(Lower("id"), models.Value(ERASED_DOMAIN))
                ),
                name="erased_address_is_the_accounts_own",
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"
            ),
        )
        # For the search of people by the words of their name.
        indexes = (index_of_words("name_words", name="user_by_name"),)

        triggers = (
            pgtrigger.Protect(
                name="erased_account_stays_so",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__erased_at__isnull=False),
            ),
            # By the clock, not the transaction's beginning: the next holder's time must be later.
            AfterRow(
                name="former_address_is_kept",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(
                    old__email__df=pgtrigger.F("new__email"), new__erased_at__isnull=True
                ),
                func="""
                    INSERT INTO users_formeraddress (account_id, address, had_until)
                    VALUES (OLD.id, OLD.email, clock_timestamp())
                    ON CONFLICT (account_id, address) DO UPDATE SET had_until = excluded.had_until;
                    RETURN NULL;
                """,
            ),
        )

    def __str__(self) -> str:
        if self.erased_at:
            return f"erased account {self.pk}"
        return f"{self.full_name} <{self.email}>" if self.full_name else self.email

    @property
    def name(self) -> str:
        """Return the person's name, or else the account's."""
        return self.full_name or str(self)

    def check_password(self, raw_password: str) -> bool:
        """Return whether this is the password, and upgrade its hash.

        Django's own upgrade would overwrite a password that was set meanwhile.
        """
        before = self.password

        def upgrade(password: str) -> None:
            after = make_password(password)
            if User.objects.filter(pk=self.pk, password=before).update(password=after):
                self.password = after

        return check_password(raw_password, before, upgrade)

    def has_usable_password(self) -> bool:
        """Return whether the person can log in with a password; not if PASSWORD_LOGIN is false."""
        return settings.PASSWORD_LOGIN and super().has_usable_password()

    def has_history(self) -> bool:
        """Return whether anything but tokens and logins refers to the account, so it must stay."""
        return any(
            relation.field.model._base_manager.filter(**{relation.field.name: self}).exists()
            for relation in self._meta.related_objects
            if relation.name not in ("access_tokens", "oidc_logins")
        )
