"""Databases of the demo that have the tables already."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from config.embedded_postgres.server import Server
from tests.processes import running


@pytest.fixture(scope="session")
def migrated() -> Iterator[Path]:
    """The folder of an embedded server that has the tables already, which takes half of a start."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "postgres"
        environment = {"DEBUG": "true", "EMBEDDED_POSTGRES": str(folder)}
        with running("manage.py", "migrate", environment=environment) as program:
            assert program.process.wait(120) == 0
        yield folder


@pytest.fixture
def migrated_server(server: Server, migrated: Path) -> Server:
    """A server of the test's own that has the tables already."""
    subprocess.run(["cp", "-a", migrated, server.folder], check=True)  # noqa: S603, S607
    return server
