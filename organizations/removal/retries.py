"""Work that is done again when it failed by no fault of its own."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import DatabaseError, connection

Result = TypeVar("Result")

ATTEMPTS = 3

# What PostgreSQL undoes for others' sake, and what a lost connection is known by.
SERIALIZATION_FAILURE, DEADLOCK, SHUTDOWN, LOST = "40001", "40P01", "57P01", ""
# Somebody has a lock that was not waited for; a constraint or a trigger found the database to be
# other than it was read.
LOCK_NOT_AVAILABLE, FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION = "55P03", "23503", "23001"


def tried_again(work: Callable[[int], Result]) -> Result:
    """Return what ``work`` returns: one transaction, which is given the number of the attempt.

    The first attempt waits for no membership and is tried again where others were in its way. It
    is tried three times in all where they still were, where it was undone for their sake, and where
    its connection was lost, after which it has to find out whether it was done. Inside a
    transaction of the caller the last two are not tried again.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work(attempt)
        except DatabaseError as fault:
            if attempt == ATTEMPTS or not _is_worth_another_try(fault, attempt):
                raise
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
    raise AssertionError("unreachable")


def _is_worth_another_try(fault: DatabaseError, attempt: int) -> bool:
    """Tell whether the same work may succeed."""
    cause = fault.__cause__
    if not isinstance(cause, psycopg.Error):
        return False
    state = cause.sqlstate or LOST
    if state == LOCK_NOT_AVAILABLE:  # later it means that the time to wait for one was over
        return attempt == 1
    if state in {FOREIGN_KEY_VIOLATION, RESTRICT_VIOLATION}:
        return True
    undone = state in {SERIALIZATION_FAILURE, DEADLOCK}
    lost = isinstance(cause, psycopg.OperationalError) and (
        state in {LOST, SHUTDOWN} or state.startswith("08")
    )
    return (undone or lost) and not connection.in_atomic_block
