"""Programs of this project, run as a user runs them."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
DEADLINE_SECONDS = 120  # others start programs at the same time


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def url_of_test_database() -> str:
    """Return the address of the database that this test writes to."""
    parameters = connection.get_connection_params()
    user = quote(parameters["user"])
    password = f":{quote(parameters['password'])}" if parameters.get("password") else ""
    host, port = parameters["host"], parameters.get("port", 5432)
    if host.startswith("/"):
        return f"postgres://{user}@/{host}/{parameters['dbname']}"  # as django-environ reads it
    return f"postgres://{user}{password}@{host}:{port}/{parameters['dbname']}"


def connected(name: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """Return a connection of its own to another database of the server that this test writes to."""
    known = ("host", "port", "user", "password")
    given = {
        key: value for key, value in connection.get_connection_params().items() if key in known
    }
    return psycopg.connect(dbname=name, autocommit=True, **given)


def output_of(*command: str, folder: Path) -> str:
    """Return what a tool prints that is run in the folder; raises AssertionError if it fails.

    Those of the development environment come before those of the system.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    finished = subprocess.run(  # noqa: S603 (our own tools)
        command,
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


class Program:
    """A running program whose output can be waited for."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.output = ""
        self._lines: Queue[str | None] = Queue()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(ValueError):  # closed, at the end of the block that runs the program
            for line in self.process.stdout or ():
                self._lines.put(line)
        self._lines.put(None)

    def until(self, pattern: str) -> "re.Match[str]":
        """Return the match once the output has it; raises AssertionError if that never happens."""
        while not (match := re.search(pattern, self.output)):
            try:
                line = self._lines.get(timeout=DEADLINE_SECONDS)
            except Empty:
                line = None
            if line is None:
                ended = self.process.poll()
                raise AssertionError(f"{pattern!r} is not in (exit {ended}):\n{self.output}")
            self.output += line
        return match

    def whole_output(self) -> str:
        """Return the output once the program, and whatever it started, has closed it by ending."""
        with suppress(AssertionError):
            self.until("(?!)")  # matches nothing
        return self.output

    def logged(self) -> list[dict[str, Any]]:
        """Return the lines of a program that has ended or is about to; each is a JSON object."""
        lines = [json.loads(line) for line in self.whole_output().splitlines()]
        assert all(isinstance(line, dict) for line in lines)
        return lines


@contextmanager
def running(*arguments: str, environment: Mapping[str, str]) -> Iterator[Program]:
    """Run a program of this Python with a clean environment; it is killed at the end."""
    process = subprocess.Popen(  # noqa: S603 (our own programs)
        [sys.executable, *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PGBOUNCER": os.environ.get("PGBOUNCER", "false"),  # as it is for this process
            "PYTHONUNBUFFERED": "1",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield Program(process)
        finally:
            process.kill()
