"""A database that does not have the schema of this version."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError, SystemCheckError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@pytest.fixture
def _earlier(db: None) -> None:
    """Make the database look like one of an earlier version."""
    MigrationRecorder(connection).record_applied("organizations", "0002_admin_at_a_million")


@pytest.mark.usefixtures("_earlier")
@pytest.mark.parametrize(
    ("folder", "advice"),
    [("/srv/demo", "Remove the folder /srv/demo and run"), (None, "make a new database")],
)
def test_migrate_refuses_it_and_says_what_to_do(
    folder: str | None, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "DATA_DIRECTORY", folder)

    with pytest.raises(SystemCheckError, match=advice):
        call_command("migrate", verbosity=0, skip_checks=False)


def test_migrate_runs_again_on_one_of_this_version(db: None) -> None:
    call_command("migrate", verbosity=0, skip_checks=False)


def test_a_later_version_that_has_migrated_already_stops_nobody(db: None) -> None:
    MigrationRecorder(connection).record_applied("organizations", "9999_of_a_later_version")

    call_command("check", databases=["default"])


COMMANDS = {
    "remove_members": ["org_x", "--user", "usr_x"],
    "set_domains": ["org_x"],
    "restore_members": ["org_x", "--run", "x"],
    "create_token": ["owner@acme.example"],
    "erase_account": ["owner@acme.example"],
}


def said_by(command: str) -> str:
    """Return what a command says that does not begin."""
    errors = StringIO()
    with pytest.raises((CommandError, SystemExit)) as end:
        call_command(command, *COMMANDS[command], stderr=errors)
    return f"{errors.getvalue()}{end.value}"


@pytest.mark.usefixtures("_earlier")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_to_do(command: str) -> None:
    said = said_by(command)

    assert "earlier version, whose schema cannot be migrated" in said
    assert "run this again" in said or "make a new database" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_asks_for_migrations_that_are_missing(db: None, command: str) -> None:
    [last] = MigrationLoader(connection).graph.leaf_nodes("organizations")
    MigrationRecorder(connection).record_unapplied(*last)

    assert "Run manage.py migrate first." in said_by(command)
