"""Databases of the demo that have the tables already."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from config.embedded_postgres.server import Server
from tests.databases import embedded_server
from tests.processes import running


@pytest.fixture(scope="session")
def migrated() -> Iterator[Path]:
    """The folder of a stopped server with the tables, which take half of a demo's first start."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "postgres"
        environment = {"DEBUG": "true", "EMBEDDED_POSTGRES": str(folder)}
        with running("manage.py", "migrate", environment=environment) as program:
            assert program.process.wait(120) == 0
        yield folder


@pytest.fixture(scope="module")
def shared_server(migrated: Path) -> Iterator[Server]:
    """A server of the module's own that has the tables already."""
    with embedded_server() as server:
        _copy(migrated, server)
        yield server


@pytest.fixture
def migrated_server(server: Server, migrated: Path) -> Server:
    """A server of the test's own that has the tables already."""
    _copy(migrated, server)
    return server


def _copy(folder: Path, server: Server) -> None:
    subprocess.run(["cp", "-a", folder, server.folder], check=True)  # noqa: S603, S607
