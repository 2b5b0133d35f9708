"""Deletes or empties the rows about a person, apart from the account and texts."""

from collections.abc import Collection
from dataclasses import dataclass

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.db import connection

from users.models import User

# In SQL, since the queue's models are read-only.
_EMPTY_MESSAGES = """
    UPDATE procrastinate_jobs SET args = args || '{"message": ""}'
    WHERE queue_name = 'mail' AND (args ->> 'membership_id')::bigint = ANY (%s::bigint[])
        AND args ->> 'message' <> ''
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """A model with rows about an account, which the field ``person`` refers to, by index."""

    label: str
    person: str

    def delete(self, account: User) -> int:
        """Delete the rows about an account; return how many."""
        model = apps.get_model(self.label)
        _, deleted = model._base_manager.filter(**{self.person: account}).delete()
        return int(deleted.get(model._meta.label, 0))

    @property
    def name(self) -> str:
        return str(apps.get_model(self.label)._meta.verbose_name_plural)


# A new table about a person needs a line here.
DELETED = (
    Rows("users.AccessToken", "user"),
    Rows("users.FormerAddress", "account"),
    Rows("users.OidcLogin", "user"),
    Rows("organizations.ScimIdentity", "user"),
)


def delete_failed_logins(addresses: Collection[str]) -> int:
    """Delete the failed logins with these addresses; return how many.

    They store the canonical address and nothing else that was typed (settings.py).
    """
    deleted = 0
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        deleted += model.objects.filter(username__in=addresses).delete()[0]
    return deleted


def empty_messages(account: User) -> int:
    """Empty the messages of a person's invitations in the queue of mails; return how many."""
    memberships = list(account.memberships.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY_MESSAGES, [memberships])
        return int(cursor.rowcount)
