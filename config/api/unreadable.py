"""Requests that are no HTTP, or too much of it: refused before the application sees them."""

import json
import socket
from contextlib import suppress
from http import HTTPStatus
from uuid import uuid4

from gunicorn.http.errors import ParseException
from gunicorn.http.message import Request
from gunicorn.workers.gthread import ThreadWorker

from config.errors import ContractError


class EnvelopeWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Serves each request in a thread, and gives what cannot be read the contract's body too."""

    def handle_error(
        self, req: Request | None, client: socket.socket, addr: object, exc: Exception
    ) -> None:
        """Answer a request that raised before, or after, the application had it."""
        # These need the settings, which gunicorn's master process does not load.
        from config.api import errors
        from config.api.envelope import envelope
        from config.trace import HEADER

        if isinstance(exc, ParseException):
            error: ContractError = errors.MalformedRequestError()
            self.log.info("unreadable request: %s", type(exc).__name__)
        else:
            error = errors.InternalError()
            self.log.exception("error in the server")
        trace_id = uuid4().hex
        body = json.dumps(envelope(error, trace_id)).encode()
        head = (
            f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n"
            f"Connection: close\r\n{HEADER}: {trace_id}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with suppress(OSError):
            client.sendall(head.encode() + body)
