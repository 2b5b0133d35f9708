"""Refuses a database that was made before the migrations of this project began anew."""

from collections.abc import Container, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

EARLIER_VERSION = "The database was made by an earlier version, whose schema cannot be migrated."


def is_of_earlier_version(applied: Container[tuple[str, str]]) -> bool:
    """Tell a database of before by the migrations that were applied to it.

    By one that is no more, and not by any that is unknown: the previous version goes on serving
    while a later one has migrated already.
    """
    return ("organizations", "0002_admin_at_a_million") in applied


def check_database_version(*, databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Return an error for each of the databases that an earlier version made."""
    errors: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if is_of_earlier_version(MigrationRecorder(connection).applied_migrations()):
            folder = connection.settings_dict.get("DATA_DIRECTORY")
            hint = (
                f"Remove the folder {folder} and run this again."
                if folder
                else "Nothing was released before this version: make a new database."
            )
            errors.append(Error(EARLIER_VERSION, hint=hint, id="organizations.E001"))
    return errors
