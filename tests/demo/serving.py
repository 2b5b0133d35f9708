"""The demo as it is served to tests, and what it says is to be tried."""

import http.client
import json
import re
import shlex
from contextlib import AbstractContextManager
from typing import Any

from config.embedded_postgres.server import Server
from tests.processes import Program, free_port, running


def answer(address: str, token: str, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    response = connection.getresponse()
    answered = response.status, response.read()
    connection.close()
    return answered


def started(demo: Program) -> tuple[str, str]:
    """Return the demo's address and its token, once it serves."""
    token = demo.until(r"export ACCESS_TOKEN=(\S+)")[1]
    address = demo.until(r"Starting development server at http://(\S+)/")[1]
    return address, token


def calls(demo: Program, address: str) -> list[tuple[str, str, Any]]:
    """Return what the page of what to try sends: method, path and body of each curl."""
    demo.until("Stop with Ctrl-C")
    return [
        (method, url.removeprefix(f"http://{address}"), body)
        for method, url, body in curls(demo.output)
    ]


def curls(text: str) -> list[tuple[str, str, Any]]:
    """Return method, URL and body of each curl in a text."""
    found = []
    for command in re.findall(r"^curl (?:.*\\\n)*.*", text, re.MULTILINE):
        words = shlex.split(command.replace("\\\n", " "))
        [url] = [word for word in words if word.startswith(("http", "$here"))]
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
        found.append((method, url, body))
    return found


def settings(server: Server) -> dict[str, str]:
    """Return an environment in which the demo has a database of its own."""
    return {"HOME": str(server.folder), "EMBEDDED_POSTGRES": str(server.folder)}


def served(server: Server) -> AbstractContextManager[Program]:
    """Run the demo on a free port."""
    return running("manage.py", "demo", str(free_port()), environment=settings(server))
