"""What an erasure deletes or empties about a person besides the account and what others wrote."""

from collections.abc import Collection
from dataclasses import dataclass

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.db import connection

from users.models import User

# In SQL, since the models of the queue are read-only.
_EMPTY_MESSAGES = """
    UPDATE procrastinate_jobs SET args = args || '{"message": ""}'
    WHERE queue_name = 'mail' AND (args ->> 'membership_id')::bigint = ANY (%s::bigint[])
        AND args ->> 'message' <> ''
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """A model whose rows are about the account that ``person`` refers to; found by index."""

    label: str
    person: str

    def delete(self, account: User) -> int:
        """Delete the rows about an account; return how many."""
        model = apps.get_model(self.label)
        _, deleted = model._base_manager.filter(**{self.person: account}).delete()
        return int(deleted.get(model._meta.label, 0))

    @property
    def name(self) -> str:
        """Return what the rows are called."""
        return str(apps.get_model(self.label)._meta.verbose_name_plural)


# One more table about a person is one more line.
DELETED = (
    Rows("users.AccessToken", "user"),
    Rows("users.FormerAddress", "account"),
    Rows("users.OidcLogin", "user"),
    Rows("organizations.ScimIdentity", "user"),
)


def delete_failed_logins(addresses: Collection[str]) -> int:
    """Delete the logins that were tried with these addresses; return how many.

    They are stored by the canonical address, and with nothing else that was typed (settings.py).
    """
    deleted = 0
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        deleted += model.objects.filter(username__in=addresses).delete()[0]
    return deleted


def empty_messages(account: User) -> int:
    """Empty the messages that invited a person; return how many. It reads the queue of mails."""
    memberships = list(account.memberships.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY_MESSAGES, [memberships])
        return int(cursor.rowcount)
