"""The PostgreSQL that the demo and the tests bring along."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from config.embedded_postgres import server as server_module
from config.embedded_postgres.server import Server
from tests.processes import ROOT, Program, running

USE = """
import sys
from pathlib import Path
import psycopg
from config.embedded_postgres.server import Server
server = Server(Path(sys.argv[1]))
server.use()
with psycopg.connect(host=str(server.socket_folder), user="postgres") as connection:
    started = connection.execute("SELECT pg_postmaster_start_time()::text").fetchone()
    print("started", *started, flush=True)
if sys.argv[2:] == ["wait"]:
    import time
    time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for a server of its own, which has ended when the test has."""
    yield tmp_path / "postgres"
    if (tmp_path / "postgres").exists():
        until_stopped(tmp_path / "postgres")


def use(folder: Path) -> str:
    """Use the server in a program that then ends; return when the server had started."""
    finished = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", USE, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return finished.stdout


def user(folder: Path) -> AbstractContextManager[Program]:
    """Use the server in a program that stays."""
    return running("-c", USE, str(folder), "wait", environment={})


def postmaster(folder: Path) -> int | None:
    """Return the server's process id while it runs."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return pid


def until_stopped(folder: Path) -> None:
    """Return when the server has stopped; raises AssertionError if it goes on."""
    deadline = time.monotonic() + 20
    while postmaster(folder):
        assert time.monotonic() < deadline, "the server goes on"
        time.sleep(0.01)  # between two looks


def test_it_stops_when_the_last_process_that_uses_it_ends(folder: Path) -> None:
    with user(folder) as first:
        started = first.until("started .*")[0]
        with user(folder) as second:
            assert second.until("started .*")[0] == started
        assert use(folder).strip() == started
        assert postmaster(folder)

    until_stopped(folder)


def test_a_killed_process_leaves_nothing_that_stops_the_next(folder: Path) -> None:
    with user(folder) as program:
        started = program.until("started .*")[0]
        os.kill(program.process.pid, signal.SIGKILL)

    until_stopped(folder)
    assert use(folder).strip() != started


def test_a_killed_server_is_started_again(folder: Path) -> None:
    with user(folder) as program:
        program.until("started .*")
        killed = postmaster(folder)
        assert killed
        os.kill(killed, signal.SIGKILL)
        until_stopped(folder)
        assert use(folder)
        assert postmaster(folder) != killed


def test_a_process_id_that_somebody_else_has_now_is_no_server(folder: Path) -> None:
    with user(folder) as program:
        program.until("started .*")
        killed = postmaster(folder)
        assert killed
        os.kill(killed, signal.SIGKILL)
        until_stopped(folder)
        lock = folder / "data" / "postmaster.pid"
        lock.write_text(lock.read_text().replace(str(killed), str(os.getpid()), 1))

        assert use(folder)


def test_processes_that_start_at_once_share_one(folder: Path) -> None:
    with ExitStack() as programs:
        entered = [programs.enter_context(user(folder)) for _ in range(3)]

        assert len({program.until("started .*")[0] for program in entered}) == 1


def test_a_folder_that_was_begun_and_not_finished_is_made_anew(folder: Path) -> None:
    (folder / "data.begun").mkdir(parents=True)
    (folder / "data.begun" / "PG_VERSION").write_text("half")

    assert use(folder)


def test_a_deep_folder_has_its_socket_elsewhere_and_private(folder: Path) -> None:
    deep = folder.joinpath(*["deep" * 10] * 4)
    server = Server(deep)

    use(deep)

    assert not server.socket_folder.is_relative_to(deep)
    assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
    until_stopped(deep)


def test_nobody_else_gets_at_it(folder: Path) -> None:
    use(folder)

    for private in (folder, folder / "data", folder / "socket"):
        assert stat.S_IMODE(private.stat().st_mode) & 0o077 == 0


def test_it_does_not_listen_on_the_network(folder: Path) -> None:
    with user(folder) as program:
        program.until("started .*")
        with psycopg.connect(host=str(folder / "socket"), user="postgres") as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_folders_above_are_opened_to_pass_through_at_most(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    modes = {above: stat.S_IMODE(above.stat().st_mode) for above in (home, *home.parents)}
    folder = home / "project" / ".postgres"

    use(folder)
    until_stopped(folder)

    for above, mode in modes.items():
        changed = stat.S_IMODE(above.stat().st_mode) ^ mode
        assert changed in ({0, stat.S_IXOTH} if os.geteuid() == 0 else {0})


def test_another_version_is_named(folder: Path) -> None:
    use(folder)
    until_stopped(folder)
    (folder / "data" / "PG_VERSION").write_text("17\n")

    with pytest.raises(ImproperlyConfigured, match="was made by PostgreSQL 17, and this is 18"):
        Server(folder).use()


def test_a_failed_start_shows_the_log(folder: Path) -> None:
    use(folder)
    until_stopped(folder)
    (folder / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(OperationalError, match="no_such_setting"):
        Server(folder).use()


def test_without_the_wheel_it_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "find_spec", lambda name: None)

    with pytest.raises(ImproperlyConfigured, match="or set DATABASE_URL to a server"):
        Server(folder).use()


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["makemigrations", "--check"],
        ["check"],
        ["collectstatic", "--dry-run", "--no-input"],
    ],
)
def test_commands_without_a_query_start_nothing(folder: Path, command: list[str]) -> None:
    environment = {"DEBUG": "true", "EMBEDDED_POSTGRES": str(folder)}

    with running("manage.py", *command, environment=environment) as program:
        assert program.process.wait(timeout=60) == 0

    assert not folder.exists()
