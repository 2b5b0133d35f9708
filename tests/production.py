"""The application under gunicorn, on the database of the test."""

import http.client
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.processes import DEADLINE_SECONDS, Program, free_port, running, url_of_test_database
from users.models import AccessToken, User


@dataclass(frozen=True)
class Answer:
    """An answer of the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> Any:
        """The error in the envelope. Raises AssertionError where there is none."""
        body = json.loads(self.body)
        assert set(body) == {"success", "error"}
        assert set(body["error"]) == {
            *("code", "message", "system_message", "type"),
            *("status", "details", "trace_id", "timestamp"),
        }
        assert body["error"]["status"] == self.status
        assert body["error"]["trace_id"] == self.headers["X-Request-ID"]
        return body["error"]


@dataclass(frozen=True)
class Production:
    """A running server."""

    port: int
    program: Program

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        body: object = None,
        timeout: float = 60,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request on a new connection; return the answer. Raises OSError without one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        text = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            text = json.dumps(body)
        try:
            connection.request(method, path, text, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())
        except http.client.HTTPException as error:
            raise ConnectionError("the answer is broken off") from error
        finally:
            connection.close()

    def until_ready(self) -> None:
        """Wait until the server and its database answer. Raises AssertionError if they do not."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.ask("GET", "/readyz").status == 200:
                    return
            except OSError:
                time.sleep(0.05)  # between two looks
        raise AssertionError(f"the server is not ready:\n{self.program.output}")


def environment() -> dict[str, str]:
    """Return the variables of a server on the database of the test."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": url_of_test_database(),
        "SECURE_SSL_REDIRECT": "false",
    }


@contextmanager
def started(*options: str, **variables: str) -> Iterator[Production]:
    """Start a server as the README says, on the test's database; it may not be ready yet."""
    port = free_port()
    with running(
        *("-m", "gunicorn", "-c", "python:config.server", "--bind", f"127.0.0.1:{port}"),
        *options,
        environment=environment() | variables,
    ) as program:
        try:
            yield Production(port, program)
        finally:
            program.process.terminate()  # else the workers outlive their master for a while
            program.process.wait(DEADLINE_SECONDS)


@contextmanager
def serving(*options: str, **variables: str) -> Iterator[Production]:
    """Serve the test's database as the README says, until the end of the block."""
    with started(*options, **variables) as server:
        server.until_ready()
        yield server


def token_of(user: User) -> str:
    """Return a new token of somebody."""
    _, plain = AccessToken.objects.issue(user, name="", lifetime=timedelta(hours=1))
    return plain
