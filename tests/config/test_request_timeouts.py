"""Requests wait in the database for a limited time, which operators can change."""

import os

import pytest
from django.db import connection

from config.request_timeouts import limit_waiting
from tests.processes import running
from tests.production import environment

pytestmark = pytest.mark.django_db


def limits() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        )
        return list(cursor.fetchone())


def test_a_request_waits_5_seconds_for_locks_and_30_for_a_statement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", False)

    limit_waiting(connection)

    assert limits() == ["5s", "30s"]


def test_what_an_operator_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", False)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '1s'")

    limit_waiting(connection)

    assert limits() == ["1s", "30s"]


def test_a_connection_of_pgbouncer_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    before = limits()

    limit_waiting(connection)

    assert limits() == before


@pytest.mark.parametrize("door", ["wsgi", "asgi"])
def test_whoever_serves_limits_its_connections(door: str) -> None:
    show = (
        f"import config.{door}; from django.db import connection; cursor = connection.cursor();"
        " cursor.execute('SHOW lock_timeout'); print('limit:', *cursor.fetchone())"
    )
    limit = "0" if os.environ.get("PGBOUNCER") == "true" else "5s"

    with running("-c", show, environment=environment()) as program:
        program.until(f"limit: {limit}")


@pytest.mark.django_db(transaction=True)
def test_an_asgi_server_is_answered() -> None:
    ask = """if True:
        import asyncio
        from asgiref.testing import ApplicationCommunicator

        async def main():
            from config.asgi import application  # as a server does: while its loop runs
            scope = {"type": "http", "method": "GET", "path": "/readyz", "headers": []}
            server = ApplicationCommunicator(application, scope)
            await server.send_input({"type": "http.request", "body": b""})
            print("answered", (await server.receive_output(30))["status"])

        asyncio.run(main())
    """

    with running("-c", ask, environment=environment()) as program:
        program.until("answered 200")
