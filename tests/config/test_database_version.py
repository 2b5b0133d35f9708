"""A database that an earlier version made."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
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
