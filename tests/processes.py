"""Runs programs of this project as a user does."""

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
DEADLINE_SECONDS = 120  # other processes start programs at the same time


def free_port() -> int:
    """Return a port that no program uses."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def url_of_test_database() -> str:
    """Return the URL of the test's database."""
    parameters = connection.get_connection_params()
    user = quote(parameters["user"])
    password = f":{quote(parameters['password'])}" if parameters.get("password") else ""
    host, port = parameters["host"], parameters.get("port", 5432)
    if host.startswith("/"):
        return f"postgres://{user}@/{host}/{parameters['dbname']}"  # as django-environ reads it
    return f"postgres://{user}{password}@{host}:{port}/{parameters['dbname']}"


def connected(name: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """Return a new connection to another database of the test's server."""
    parameters = connection.get_connection_params()
    names = parameters.keys() & {"host", "port", "user", "password"}
    return psycopg.connect(dbname=name, autocommit=True, **{key: parameters[key] for key in names})


def output_of(*command: str, folder: Path) -> str:
    """Run a tool in a folder; return what it prints. Raises AssertionError if it fails.

    Tools of the development environment come before those of the system.
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
    """A running program, for whose output tests can wait."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.output = ""
        self._lines: Queue[str | None] = Queue()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(ValueError):  # closed at the end of `running`
            for line in self.process.stdout or ():
                self._lines.put(line)
        self._lines.put(None)

    def until(self, pattern: str) -> "re.Match[str]":
        """Wait for output that matches; return the match. Raises AssertionError if none comes."""
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
        """Return the output after the program, and all that it started, has ended."""
        with suppress(AssertionError):
            self.until("(?!)")  # matches nothing
        return self.output

    def logged(self) -> list[dict[str, Any]]:
        """Return the log of a program that has ended or is about to; each line is a JSON object."""
        lines = [json.loads(line) for line in self.whole_output().splitlines()]
        assert all(isinstance(line, dict) for line in lines)
        return lines


@contextmanager
def running(*arguments: str, environment: Mapping[str, str]) -> Iterator[Program]:
    """Run a program by this Python in a clean environment until the end of the block."""
    process = subprocess.Popen(  # noqa: S603 (our own programs)
        [sys.executable, *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PGBOUNCER": os.environ.get("PGBOUNCER", "false"),  # as for this process
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
