"""Tries a transaction again that PostgreSQL undid for others' sake."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import psycopg
from django.db import DatabaseError, OperationalError, connection
from procrastinate.exceptions import ConnectorException
from psycopg import errors

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

ATTEMPTS = 3

# What both, Django and procrastinate, raise from an error of the database.
FAULTS = (DatabaseError, ConnectorException)

# What PostgreSQL undid for others' sake: only the whole transaction can be tried again.
UNDONE = (errors.DeadlockDetected, errors.SerializationFailure)
# What found the world changed: a department was deleted meanwhile, or two owners went at once.
OUTRUN = (errors.ForeignKeyViolation, errors.RestrictViolation)


def retried(work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Return ``work``, a function that opens a transaction, tried up to three times as a whole.

    Inside a transaction of the caller, what PostgreSQL undid is the caller's to try again. The last
    failure is raised as an OperationalError: the database could not do it, and later it may.
    """

    @wraps(work)
    def attempted(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        for _ in range(ATTEMPTS - 1):
            try:
                return work(*args, **kwargs)
            except FAULTS as fault:
                if not _is_worth_another_try(fault):
                    raise
        try:
            return work(*args, **kwargs)
        except FAULTS as fault:
            if not _is_worth_another_try(fault):
                raise
            raise OperationalError(f"given up after {ATTEMPTS} attempts: {fault}") from fault

    return attempted


def _is_worth_another_try(fault: Exception) -> bool:
    """Tell whether the same work may succeed."""
    cause: BaseException | None = fault
    while cause and not isinstance(cause, psycopg.Error):
        cause = cause.__cause__
    if isinstance(cause, UNDONE):
        return not connection.in_atomic_block
    return isinstance(cause, OUTRUN)
