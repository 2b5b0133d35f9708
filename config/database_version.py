"""Checks that the database has the schema of this version, and says what to do if not."""

from collections.abc import Container, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.management.base import CommandError
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

EARLIER_VERSION = "The database was made by an earlier version, whose schema cannot be migrated."
MIGRATIONS_ARE_MISSING = "The database does not have every migration of this version."


def find_schema_problem() -> CheckMessage | None:
    """Return why this version cannot use the database, and what to do; None if it can."""
    executor = MigrationExecutor(connection)
    if _is_of_earlier_version(executor.loader.applied_migrations):
        return _earlier_version(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return Error(MIGRATIONS_ARE_MISSING, hint="Run manage.py migrate first.")
    return None


def require_schema() -> None:
    """Raise CommandError, with what to do, unless this version can use the database."""
    if problem := find_schema_problem():
        raise CommandError(f"{problem.msg} {problem.hint}")


def _is_of_earlier_version(applied: Container[tuple[str, str]]) -> bool:
    """Return whether the database was made before the migrations were written anew.

    It looks for one of the old migrations, not for any unknown one: a later version may have
    migrated the database already while this one still serves.
    """
    return ("organizations", "0002_admin_at_a_million") in applied


def check_database_version(*, databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Return an error for each of the databases that an earlier version made."""
    errors: list[CheckMessage] = []
    for alias in databases or ():
        database = connections[alias]
        if _is_of_earlier_version(MigrationRecorder(database).applied_migrations()):
            errors.append(_earlier_version(database))
    return errors


def _earlier_version(database: BaseDatabaseWrapper) -> CheckMessage:
    """Return the error for a database of an earlier version."""
    folder = database.settings_dict.get("DATA_DIRECTORY")
    hint = (
        f"Remove the folder {folder} and run this again."
        if folder
        else "Nothing was released before this version: make a new database."
    )
    return Error(EARLIER_VERSION, hint=hint, id="organizations.E001")
