"""Runs the commands as processes."""

import csv
import os
import signal
import subprocess
import sys

from tests.processes import ROOT, url_of_test_database


def environment() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DEBUG": "true",
        "DATABASE_URL": url_of_test_database(),
        "PGBOUNCER": os.environ.get("PGBOUNCER", "false"),
        "PYTHONUNBUFFERED": "1",
    }


def heed_ctrl_c() -> None:
    """Have Ctrl-C work, which whoever runs the tests in the background has ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(
    *arguments: object,
    command: str = "remove_members",
    program: tuple[str, ...] = ("manage.py",),
    **variables: str,
) -> "subprocess.Popen[str]":
    """Start a command."""
    return subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, *program, command, *map(str, arguments)],
        cwd=ROOT,
        env=environment() | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    )


def ended(process: "subprocess.Popen[str]", stdin: str = "") -> tuple[int, str, str]:
    """Return the exit status, the standard output and the standard error."""
    output, errors = process.communicate(stdin, timeout=120)
    assert "Traceback" not in errors
    return process.returncode, output, errors


def outcomes(report: str) -> list[str]:
    return [row["outcome"] for row in csv.DictReader(report.splitlines())]
