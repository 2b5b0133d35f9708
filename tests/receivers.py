"""Receivers of webhooks: local servers that behave well or badly."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

MEBIBYTE = 2**20
TAKEN: list[int] = []  # bytes of floods

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """The address of a receiver, and the requests that it got."""

    url: str
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def events(self, secret: str) -> list[dict[str, Any]]:
        """Return the bodies; each must be signed with the secret."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.requests]

    def until(self, number: int, *, seconds: float = 30) -> None:
        """Wait for so many requests. Raises AssertionError if they do not come in."""
        deadline = time.monotonic() + seconds
        while len(self.requests) < number:
            assert time.monotonic() < deadline, f"{len(self.requests)} of {number} came in"
            time.sleep(0.01)  # between two looks

    @property
    def ids(self) -> list[str]:
        """The ``webhook-id`` of each request."""
        return [headers["webhook-id"] for headers, _ in self.requests]


def answering(status: int, **headers: str) -> Behaviour:
    """Return a behaviour: answer every request at once with this status."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


RECEIVED = answering(204)


def cutting(handler: BaseHTTPRequestHandler) -> None:
    """Hang up without an answer."""
    handler.close_connection = True


def dripping(prefix: bytes) -> Behaviour:
    """Return a behaviour: send this beginning of an answer, then single bytes forever."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.wfile.write(prefix)
            while True:
                handler.wfile.write(b"x")
                time.sleep(0.02)  # as slow as it behaves
        handler.close_connection = True

    return drip


def flooding(handler: BaseHTTPRequestHandler) -> None:
    """Answer 200 with a body that never ends."""
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    with suppress(OSError):
        while True:
            handler.wfile.write(b"x" * 4096)


def redirecting_flood(handler: BaseHTTPRequestHandler) -> None:
    """Answer 302 with a body of 64 MiB; note in `TAKEN` how much of it was read."""
    handler.send_response(302)
    handler.send_header("Location", "/")
    handler.send_header("Content-Length", str(64 * MEBIBYTE))
    handler.end_headers()
    handler.close_connection = True
    with suppress(OSError):
        for _ in range(64):
            handler.wfile.write(b"x" * MEBIBYTE)
            TAKEN.append(MEBIBYTE)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Return a behaviour: handle the first request by the first of these, and so on."""
    left = iter(behaviours)
    return lambda handler: next(left)(handler)


@contextmanager
def receiver(behaviour: Behaviour = RECEIVED) -> Iterator[Receiver]:
    """Run a receiver that notes every request before it handles it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            noted.requests.append(({k.lower(): v for k, v in self.headers.items()}, body))
            behaviour(self)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    noted = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield noted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
