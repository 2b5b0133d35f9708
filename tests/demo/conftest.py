"""Servers for demos after the first one, which has made the tables."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded_postgres.server import Server
from tests.databases import embedded_server
from tests.demo.serving import serving_demo
from tests.processes import DEADLINE_SECONDS


@pytest.fixture(scope="session")
def first_demo() -> Iterator[Path]:
    """The folder of a demo that was served from nothing, and stopped."""
    with embedded_server() as server:
        with serving_demo(server) as demo:
            demo.program.process.terminate()
            assert demo.program.process.wait(DEADLINE_SECONDS) == 0
        yield server.folder


@pytest.fixture(scope="module")
def shared_server(first_demo: Path) -> Iterator[Server]:
    """A server of the module's own that has the tables already."""
    with embedded_server() as server:
        _copy(first_demo, server)
        yield server


@pytest.fixture
def migrated_server(server: Server, first_demo: Path) -> Server:
    """A server of the test's own that has the tables already."""
    _copy(first_demo, server)
    return server


def _copy(folder: Path, server: Server) -> None:
    subprocess.run(["cp", "-a", folder, server.folder], check=True)  # noqa: S603, S607
