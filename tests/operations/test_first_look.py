"""The README's first command on a new machine, where pip is externally managed."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from config.embedded_postgres.server import Server
from tests.processes import ROOT, Program, free_port, output_of

pytestmark = pytest.mark.slow

OF_THE_TESTS = {"DATABASE_URL", "PGBOUNCER", "PYTEST_VERSION", "VIRTUAL_ENV"}


def test_uv_and_the_packages_of_the_demo_suffice(server: Server, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    demo = re.search(r"^    (pip install -q uv && uv run .* manage.py demo)$", readme, re.MULTILINE)
    managed = re.search(r"`(python3 -m venv ~/.uv && PATH=.*?)`", readme)
    assert demo
    assert managed
    environment = {
        **{name: value for name, value in os.environ.items() if name not in OF_THE_TESTS},
        "HOME": str(tmp_path),
        "EMBEDDED_POSTGRES": str(server.folder),
        "PYTHONUNBUFFERED": "1",
        "UV_CACHE_DIR": output_of("uv", "cache", "dir", folder=ROOT).strip(),
        "UV_PROJECT_ENVIRONMENT": str(tmp_path / "packages"),
    }

    with subprocess.Popen(  # noqa: S603 (the README's own)
        ["bash", "-euc", f"{managed[1]}; {demo[1]} {free_port()}"],  # noqa: S607
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        demo_of_uv = Program(process)
        try:
            demo_of_uv.until("Starting development server")
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            demo_of_uv.whole_output()  # the demo ends after its shell, and leaves its PostgreSQL

    assert (tmp_path / ".uv/bin/uv").exists()
    assert not (tmp_path / "packages/bin/pytest").exists()
