"""Deletes tasks that were closed long ago."""

from datetime import datetime

from django.db import connection, transaction

from config.retries import retried
from organizations.retention.permission import permit_deletion

AT_A_TIME = 1000

_DELETE = """
    DELETE FROM organizations_offboardingtask
    WHERE id IN (
        SELECT id
        FROM organizations_offboardingtask
        WHERE closed_at < %(kept_from)s
        ORDER BY closed_at
        LIMIT %(at_a_time)s
    )
        AND closed_at < %(kept_from)s  -- again: somebody may open one while this waits for its lock
"""


def delete_closed_tasks(*, kept_from: datetime) -> int:
    """Delete the tasks that were closed before this moment; return how many.

    A thousand are deleted in a transaction.
    """
    total = 0
    while count := _delete(kept_from):
        total += count
    return total


@retried  # an erasure that empties the notes of several of them locks these in another order
@transaction.atomic
def _delete(kept_from: datetime) -> int:
    with connection.cursor() as cursor:
        permit_deletion(cursor, kept_from)
        cursor.execute(_DELETE, {"kept_from": kept_from, "at_a_time": AT_A_TIME})
        return int(cursor.rowcount)
