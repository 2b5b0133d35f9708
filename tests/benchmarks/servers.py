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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from config.embedded_postgres.server import Server

ROOT = Path(__file__).resolve().parent.parent.parent
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


@contextmanager
def running(*command: str, port: int, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server until the end of the block; it listens at its port when the block begins."""
    _demand(port)
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
            yield process
        finally:
            process.terminate()


def _demand(port: int) -> None:
    """Raise RuntimeError where the port is taken: what runs there would be measured instead."""
    if _listens(port):
        raise RuntimeError(f"somebody else listens at port {port}")


def _listens(port: int) -> bool:
    """Tell whether somebody listens at the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def application(
    port: int, *options: str, **environment: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Serve the application as the README says, without limits on how much a token may send."""
    with running(
        *(sys.executable, "-m", "gunicorn", "-c", "python:config.server"),
        *("--bind", f"127.0.0.1:{port}", *options),
        port=port,
        RATE_PER_TOKEN="",
        RATE_PER_ADDRESS="",
        SECURE_SSL_REDIRECT="false",
        **environment,
    ) as process:
        yield process


def install_peer(folder: Path) -> bool:
    """Install the peer's packages into a folder of their own; return whether that can be done."""
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
    folder: Path, postgres: Postgres, *, members: int, port: int, teams: int, workers: int
) -> Iterator[dict[str, Any]]:
    """Serve the peer on an empty database; return its organization, cookie and members' ids."""
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
        yield json.loads(state.read_text())


@contextmanager
def pgbouncer(folder: Path, postgres: Postgres, port: int) -> Iterator[str]:
    """Run PgBouncer in transaction mode; return the address by it of the application's database."""
    _demand(port)
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
