"""A transaction that is tried again when it was undone by no fault of its own."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import OperationalError, connection, transaction

Result = TypeVar("Result")

ATTEMPTS = 3

# What PostgreSQL undoes for others' sake, and what a lost connection is known by.
SERIALIZATION_FAILURE, DEADLOCK, SHUTDOWN, LOST = "40001", "40P01", "57P01", ""


def in_one_transaction(work: Callable[[], Result]) -> Result:
    """Return what the work returns, once its transaction is committed.

    Deadlocks, serialization failures and connections lost before the commit are tried again, up to
    three times in all. A connection lost at the commit is not: it may have been done. Inside a
    transaction of the caller nothing is tried again, since only the caller can.
    """
    for attempt in range(1, ATTEMPTS + 1):
        undone = False
        try:
            with transaction.atomic():
                try:
                    return work()
                except OperationalError:
                    undone = True
                    raise
        except OperationalError as fault:
            if not undone or attempt == ATTEMPTS or connection.in_atomic_block:
                raise
            if not _is_transient(fault):
                raise
            connection.close_if_unusable_or_obsolete()
    raise AssertionError("unreachable")


def _is_transient(fault: OperationalError) -> bool:
    """Tell whether the same may succeed a moment later."""
    cause = fault.__cause__
    if not isinstance(cause, psycopg.OperationalError):
        return False
    state = cause.sqlstate or LOST
    return state in {LOST, SERIALIZATION_FAILURE, DEADLOCK, SHUTDOWN} or state.startswith("08")
