"""The demo as tests serve it, and what it says to try."""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from config.embedded_postgres.server import Server
from tests.processes import Program, free_port, running

HERE = "/v1/organizations/org_xyz789"
LEAVER = f"{HERE}/users/usr_abc123"

Call = tuple[str, str, Any]  # method, path or URL, body


@dataclass(frozen=True)
class Demo:
    """A demo that is being served."""

    program: Program
    address: str
    token: str

    def ask(self, method: str, path: str, body: Any = None, *, token: str = "") -> httpx.Response:
        """Send a request as the demo's admin, or with another token; return the answer."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        url = f"http://{self.address}{path}"
        with httpx.Client(headers=headers, timeout=30, trust_env=False) as client:
            return client.request(method, url, json=body)

    def calls(self) -> list[Call]:
        """Return the call of each curl that the demo prints."""
        self.program.until("Stop with Ctrl-C")
        return [
            (method, url.removeprefix(f"http://{self.address}"), body)
            for method, url, body in curls(self.program.output)
        ]


def curls(text: str) -> list[Call]:
    """Return the call of each curl in a text."""
    found = []
    for command in re.findall(r"^curl (?:.*\\\n)*.*", text, re.MULTILINE):
        words = shlex.split(command.replace("\\\n", " "))
        [url] = [word for word in words if word.startswith(("http", "$here"))]
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
        found.append((method, url, body))
    return found


def settings(server: Server) -> dict[str, str]:
    """Return the environment of a demo with its database on this server."""
    return {"HOME": str(server.folder), "EMBEDDED_POSTGRES": str(server.folder)}


@contextmanager
def serving_demo(server: Server, port: int = 0) -> Iterator[Demo]:
    """Serve the demo, on a free port unless one is given, until the end of the block."""
    arguments = ("manage.py", "demo", str(port or free_port()))
    with running(*arguments, environment=settings(server)) as program:
        token = program.until(r"export ACCESS_TOKEN=(\S+)")[1]
        address = program.until(r"Starting development server at http://(\S+)/")[1]
        yield Demo(program, address, token)
