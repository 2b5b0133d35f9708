"""A database that has more migrations than this version, or fewer."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.database_version import has_every_migration


def test_a_later_version_that_has_migrated_already_stops_nobody(db: None) -> None:
    MigrationRecorder(connection).record_applied("organizations", "9999_of_a_later_version")

    assert has_every_migration()


COMMANDS = {
    "remove_members": ["org_x", "--user", "usr_x"],
    "set_domains": ["org_x"],
    "restore_members": ["org_x", "--run", "x"],
    "create_token": ["owner@acme.example"],
    "erase_account": ["owner@acme.example"],
}


def said_by(command: str) -> str:
    """Return the message of a command that refuses to begin."""
    errors = StringIO()
    with pytest.raises((CommandError, SystemExit)) as end:
        call_command(command, *COMMANDS[command], stderr=errors)
    return f"{errors.getvalue()}{end.value}"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_asks_for_migrations_that_are_missing(db: None, command: str) -> None:
    [last] = MigrationLoader(connection).graph.leaf_nodes("organizations")
    MigrationRecorder(connection).record_unapplied(*last)

    assert "Run manage.py migrate first." in said_by(command)
