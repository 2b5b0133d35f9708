"""What the database refuses, whoever sends it."""

from contextlib import AbstractContextManager

import pytest
from django.db import IntegrityError, ProgrammingError, connection

REFUSED = (IntegrityError, ProgrammingError)  # by a constraint, by a trigger


def refused(constraint: str) -> AbstractContextManager[object]:
    """Expect a refusal whose text names this."""
    return pytest.raises(REFUSED, match=constraint)


def check_deferred() -> None:
    """Check now what the database checks at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def sql(statement: str, *parameters: str | int) -> None:
    """Send a statement past the application."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
