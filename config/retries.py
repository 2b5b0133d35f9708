"""Tries a transaction again that PostgreSQL rolled back for the sake of another."""

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
    """What was locked is not all that is there by now: only the whole transaction sees it all."""


# What both, Django and procrastinate, raise from an error of the database.
FAULTS = (DatabaseError, ConnectorException)

# What PostgreSQL undid for others' sake: later it may succeed.
UNDONE = (errors.DeadlockDetected, errors.SerializationFailure)
# What found the world changed: a department was deleted meanwhile, or two owners went at once. One
# that fails every time is wrong in itself, and raised as it is.
OUTRUN = (errors.ForeignKeyViolation, errors.RestrictViolation)

_is_tried = ContextVar("is_tried", default=False)


def retried(work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Return ``work``, a function that opens a transaction, tried up to three times as a whole.

    The outermost caller tries again: inside another's transaction, or under another that is tried
    so, ``work`` is called once. What PostgreSQL undid three times is raised as an OperationalError.
    """

    @wraps(work)
    def attempted(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if _is_tried.get() or connection.in_atomic_block:
            return work(*args, **kwargs)
        mark = _is_tried.set(True)
        try:
            for _ in range(ATTEMPTS - 1):
                try:
                    return work(*args, **kwargs)
                except FAULTS as fault:
                    if not _is_worth_another_try(fault):
                        raise
            return _last(lambda: work(*args, **kwargs))
        finally:
            _is_tried.reset(mark)

    return attempted


def _last(work: Callable[[], Result]) -> Result:
    """Try once more, and say that it was the last time where PostgreSQL undid it again."""
    try:
        return work()
    except FAULTS as fault:
        if not isinstance(_cause_of(fault), UNDONE):
            raise
        raise OperationalError(f"given up after {ATTEMPTS} attempts: {fault}") from fault


def _is_worth_another_try(fault: Exception) -> bool:
    """Tell whether the same work may succeed."""
    return isinstance(fault, OvertakenError) or isinstance(_cause_of(fault), UNDONE + OUTRUN)


def _cause_of(fault: Exception) -> psycopg.Error | None:
    """Return psycopg's own error, which the libraries wrap in theirs."""
    cause: BaseException | None = fault
    while cause:
        if isinstance(cause, psycopg.Error):
            return cause
        cause = cause.__cause__
    return None
