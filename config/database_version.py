"""Checks that the database has every migration of this version."""

from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

MIGRATIONS_ARE_MISSING = "The database does not have every migration of this version."


def has_every_migration() -> bool:
    """Return whether no migration is missing; the database may have later ones, too."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def require_schema() -> None:
    """Raise CommandError, which says what to do, where a migration is missing."""
    if not has_every_migration():
        raise CommandError(f"{MIGRATIONS_ARE_MISSING} Run manage.py migrate first.")
