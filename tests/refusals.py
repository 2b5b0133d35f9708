"""Statements that the database itself refuses."""

from contextlib import AbstractContextManager

import pytest
from django.db import IntegrityError, ProgrammingError, connection

REFUSED = (IntegrityError, ProgrammingError)  # by a constraint, by a trigger


def refused(constraint: str) -> AbstractContextManager[object]:
    """Expect a refusal whose text names this constraint, or matches this text."""
    return pytest.raises(REFUSED, match=constraint)


def check_deferred() -> None:
    """Check deferred constraints now, instead of at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def sql(statement: str, *parameters: str | int) -> None:
    """Execute a statement, bypassing the application."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
