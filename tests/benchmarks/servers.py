"""What runs during the benchmarks: a PostgreSQL of their own, gunicorn, and the peer under node."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from config.embedded_postgres.server import Server
from tests.processes import ROOT, free_port

PEER = Path(__file__).with_name("peer")
SECONDS_TO_START = 300  # the peer seeds its own database first


@dataclass(frozen=True)
class Postgres:
    """A server that ends with this process."""

    socket_folder: Path

    def create(self, name: str) -> None:
        """Create an empty database."""
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}"')

    def connect(self, name: str) -> "psycopg.Connection[tuple[Any, ...]]":
        """Return a connection to a database."""
        return psycopg.connect(
            host=str(self.socket_folder), user="postgres", dbname=name, autocommit=True
        )

    def url(self, name: str) -> str:
        """Return a database's address as django-environ reads it."""
        return f"postgres://postgres@/{self.socket_folder}/{name}"


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres]:
    """Run a PostgreSQL with its own defaults, fsync on, until the end of the block."""
    server = Server(folder)
    socket_folder, _ = server.start()
    try:
        yield Postgres(Path(socket_folder))
    finally:
        server.leave()


@dataclass(frozen=True)
class Process:
    """A running server, and the port it listens at."""

    pid: int
    port: int


@contextmanager
def running(*command: str, port: int, **environment: str) -> Iterator[Process]:
    """Run a server until the end of the block; it listens at its port when the block begins."""
    with subprocess.Popen(  # noqa: S603 (our own programs)
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            deadline = time.monotonic() + SECONDS_TO_START
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{command} does not listen")
                time.sleep(0.1)
            yield Process(process.pid, port)
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def application(*options: str, **environment: str) -> AbstractContextManager[Process]:
    """Serve the application as the README says, without rate limits."""
    port = free_port()
    return running(
        *(sys.executable, "-m", "gunicorn", "-c", "python:config.server"),
        *("--bind", f"127.0.0.1:{port}", *options),
        port=port,
        RATE_PER_TOKEN="",
        RATE_PER_ADDRESS="",
        SECURE_SSL_REDIRECT="false",
        **environment,
    )


def install_peer(folder: Path) -> bool:
    """Install the peer's packages into a folder of their own; return whether that succeeded."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        return False
    shutil.copytree(PEER, folder, dirs_exist_ok=True)
    installed = subprocess.run(  # noqa: S603 (npm)
        [npm, "install", "--no-audit", "--no-fund", "--silent"],
        cwd=folder,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return installed.returncode == 0


@contextmanager
def peer(
    folder: Path, postgres: Postgres, *, members: int, teams: int, workers: int
) -> Iterator[dict[str, Any]]:
    """Serve the peer on an empty database; return port, organization, cookie and members' ids."""
    port = free_port()
    name = f"peer_{port}"
    postgres.create(name)
    state = folder / f"{name}.json"
    with running(
        *(shutil.which("node") or "node", str(folder / "server.mjs")),
        *(str(members), str(port), str(state)),
        port=port,
        DATABASE_URL=f"postgres://postgres@localhost/{name}?host={postgres.socket_folder}",
        TEAMS=str(teams),
        WORKERS=str(workers),
    ):
        yield json.loads(state.read_text()) | {"port": port}


@contextmanager
def pgbouncer(folder: Path, postgres: Postgres) -> Iterator[str]:
    """Run PgBouncer in transaction mode; return the address of the database through it."""
    port = free_port()
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"""
        [databases]
        * = host={postgres.socket_folder} user=postgres
        [pgbouncer]
        pool_mode = transaction
        auth_type = any
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        """.replace("        ", "")
    )
    with subprocess.Popen(  # noqa: S603 (PgBouncer)
        [shutil.which("pgbouncer") or "pgbouncer", "--quiet", str(settings)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user="pgserver" if os.geteuid() == 0 else None,  # whom the embedded PostgreSQL admits
    ) as process:
        try:
            yield f"postgres://postgres@127.0.0.1:{port}/offboard"
        finally:
            process.terminate()


def configure_django(url: str) -> None:
    """Set the application up in this process on a database, and migrate it."""
    os.environ |= {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
