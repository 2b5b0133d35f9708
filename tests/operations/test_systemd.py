"""systemd can read the units, and what they start works."""

import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from procrastinate.contrib.django import app

from tests.processes import DEADLINE_SECONDS, ROOT, free_port, running
from tests.production import environment
from tests.workers import until_every_job_is_done

SAMPLE = "/opt/offboard"


def setting(unit: str, name: str) -> str:
    """Return the one value of a setting of a unit."""
    [value] = re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)
    return str(value)


@pytest.fixture(params=["offboard", "offboard-worker"])
def unit(request: pytest.FixtureRequest) -> str:
    """A unit, for this folder and this Python."""
    text = (ROOT / f"config/{request.param}.service").read_text(encoding="utf-8")
    assert setting(text, "WorkingDirectory") == SAMPLE
    python = Path(sys.executable).parent
    return text.replace(f"{SAMPLE}/.venv/bin", str(python)).replace(SAMPLE, str(ROOT))


def complaints(unit: str, folder: Path) -> str:
    """Return what systemd, where it is installed, finds wrong with a unit."""
    path = folder / "here.service"
    path.write_text(unit, encoding="utf-8")
    program = shutil.which("systemd-analyze") or "true"
    verified = subprocess.run(  # noqa: S603 (systemd's own)
        [program, "verify", str(path)], capture_output=True, text=True, check=False
    )
    return verified.stderr


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_it_starts_says_when_it_is_there_and_ends_when_it_is_told_to(
    unit: str, tmp_path: Path
) -> None:
    assert complaints(unit, tmp_path) == ""
    is_server = setting(unit, "Type") == "notify"
    program, *arguments = shlex.split(setting(unit, "ExecStart"))
    if is_server:
        arguments = [program, *arguments]  # a script of this Python
    app.configure_task("config.tasks.delete_finished", queue="upkeep").defer(timestamp=0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(str(tmp_path / "notify"))
        notified.settimeout(DEADLINE_SECONDS)
        variables = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{free_port()}",
        }
        with running(*arguments, environment=environment() | variables) as started:
            if is_server:
                assert b"READY=1" in notified.recv(4096)
                started.until("Booting worker")
            else:
                until_every_job_is_done("upkeep")

            started.process.terminate()

            assert started.process.wait(int(setting(unit, "TimeoutStopSec"))) == 0
            assert started.logged()
