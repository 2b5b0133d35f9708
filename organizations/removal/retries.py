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
        committing = False
        try:
            with transaction.atomic():
                result = work()
                committing = True
            return result
        except OperationalError as fault:
            if attempt == ATTEMPTS or connection.in_atomic_block:
                raise
            if not (_was_undone(fault) or (_lost_connection(fault) and not committing)):
                raise
            connection.close_if_unusable_or_obsolete()
    raise AssertionError("unreachable")


def _was_undone(fault: OperationalError) -> bool:
    """Tell whether PostgreSQL undid the transaction for others' sake."""
    return _state_of(fault) in {SERIALIZATION_FAILURE, DEADLOCK}


def _lost_connection(fault: OperationalError) -> bool:
    """Tell whether the connection broke, which leaves open what became of a commit."""
    state = _state_of(fault)
    return state is not None and (state in {LOST, SHUTDOWN} or state.startswith("08"))


def _state_of(fault: OperationalError) -> str | None:
    """Return the SQLSTATE of a fault of PostgreSQL or of the connection to it."""
    cause = fault.__cause__
    return cause.sqlstate or LOST if isinstance(cause, psycopg.OperationalError) else None
