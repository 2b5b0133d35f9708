"""The probes for supervisors of the process."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from config.database_version import MIGRATIONS_ARE_MISSING
from config.health import reason_not_ready


@pytest.fixture(autouse=True)
def _not_looked_yet() -> Iterator[None]:
    reason_not_ready.cache_clear()
    yield
    reason_not_ready.cache_clear()


def test_a_live_process_says_so_without_a_database(client: Client) -> None:
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("probe", ["/livez", "/readyz"])
@override_settings(ALLOWED_HOSTS=["offboard.example"], SECURE_SSL_REDIRECT=True)
def test_a_probe_comes_by_address_and_without_tls(client: Client, db: None, probe: str) -> None:
    assert client.get(probe, HTTP_HOST="10.0.0.7:8000").status_code == 200


def test_it_is_not_ready_while_a_migration_is_missing(client: Client, db: None) -> None:
    [last] = MigrationLoader(connection).graph.leaf_nodes("organizations")
    MigrationRecorder(connection).record_unapplied(*last)

    response = client.get("/readyz")

    assert (response.status_code, response.content) == (503, f"{MIGRATIONS_ARE_MISSING}\n".encode())


def test_it_is_not_ready_without_a_database(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as without_database:
        without_database.setattr(connection, "cursor", gone)
        response = client.get("/readyz")

    assert (response.status_code, response.content) == (503, b"no database\n")


def test_it_is_not_ready_on_a_standby_which_is_read_only(client: Client, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")

    response = client.get("/readyz")

    assert (response.status_code, response.content) == (503, b"the database is read-only\n")


def test_however_many_ask_in_a_second_the_database_is_asked_once(db: None) -> None:
    assert reason_not_ready(1) is None

    with CaptureQueriesContext(connection) as queries:
        reason_not_ready(1)
    assert not queries

    with CaptureQueriesContext(connection) as queries:
        reason_not_ready(2)
    assert queries
