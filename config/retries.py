"""Retries a transaction that PostgreSQL rolled back in favor of another."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

import psycopg
from django.db import DatabaseError, OperationalError, connection
from procrastinate.exceptions import ConnectorException
from psycopg import errors

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

ATTEMPTS = 3


class OvertakenError(OperationalError):
    """More rows exist by now than were locked: only a new transaction sees and locks them all."""


# What Django and procrastinate raise from an error of the database.
FAULTS = (DatabaseError, ConnectorException)

# PostgreSQL rolled the transaction back in favor of another; a retry may succeed.
UNDONE = (errors.DeadlockDetected, errors.SerializationFailure)
# Something changed meanwhile: a department was deleted, or two owners left at once. What fails at
# each attempt is wrong in itself, and raised as it is.
OUTRUN = (errors.ForeignKeyViolation, errors.RestrictViolation)

_is_retried = ContextVar("is_retried", default=False)


def retried(work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Return ``work``, a function that opens a transaction, with up to three attempts as a whole.

    Only the outermost `retried` function retries; inside another one, or inside a transaction,
    ``work`` is called once. What PostgreSQL undid three times is raised as an OperationalError.
    """

    @wraps(work)
    def attempted(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if _is_retried.get() or connection.in_atomic_block:
            return work(*args, **kwargs)
        mark = _is_retried.set(True)
        attempt = 1
        try:
            while True:
                try:
                    return work(*args, **kwargs)
                except FAULTS as fault:
                    if attempt < ATTEMPTS and _may_succeed_later(fault):
                        attempt += 1
                    elif attempt == ATTEMPTS and isinstance(_cause_of(fault), UNDONE):
                        message = f"given up after {ATTEMPTS} attempts: {fault}"
                        raise OperationalError(message) from fault
                    else:
                        raise
        finally:
            _is_retried.reset(mark)

    return attempted


def _may_succeed_later(fault: Exception) -> bool:
    return isinstance(fault, OvertakenError) or isinstance(_cause_of(fault), UNDONE + OUTRUN)


def _cause_of(fault: Exception) -> psycopg.Error | None:
    """Return psycopg's error, which the libraries wrap in theirs."""
    cause: BaseException | None = fault
    while cause:
        if isinstance(cause, psycopg.Error):
            return cause
        cause = cause.__cause__
    return None
