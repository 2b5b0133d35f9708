"""The messages that invited a person, in the jobs that send them and for a day after."""

from django.db import connection

from users.models import User

# In SQL, since the models of the queue are read-only.
_EMPTY = """
    UPDATE procrastinate_jobs SET args = args || '{"message": ""}'
    WHERE queue_name = 'mail' AND (args ->> 'membership_id')::bigint = ANY (%s::bigint[])
        AND args ->> 'message' <> ''
"""


def empty_messages(account: User) -> int:
    """Empty the messages that invited a person; return how many. It reads the queue of mails."""
    memberships = list(account.memberships.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY, [memberships])
        return int(cursor.rowcount)
