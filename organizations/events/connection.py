"""One request to a receiver that may be slow, endless or hostile."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socket import SHUT_RDWR, socket
from threading import Lock, Timer, local
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError

from organizations.events.addresses import session_outwards
from organizations.models import WebhookDelivery

Error = WebhookDelivery.Error

TIME = 15  # seconds, for all of it
READ_AT_MOST = 4096  # bytes of an answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: a status, or else an error."""

    status_code: int | None = None
    error: str = ""
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the receiver has it."""
        return not self.error


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a request and return what came of it, within 15 seconds; never raise."""
    session = session_outwards(TIME)
    for adapter in session.adapters.values():
        assert isinstance(adapter, HTTPAdapter)  # noqa: S101  # both kinds are
        adapter.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    ends_at = time.monotonic() + TIME
    try:
        with (
            _cut_off_after(TIME),
            session,
            session.post(
                url, data=body, headers=dict(headers), stream=True, allow_redirects=False
            ) as response,
            suppress(HTTPError, OSError),
        ):  # the status has come, and counts
            response.raw.read(READ_AT_MOST, decode_content=False)
    except InvalidIPAddress:
        return Answer(error=Error.ADDRESS)
    except (requests.RequestException, OSError, ValueError, RuntimeError) as fault:
        return Answer(error=Error.TIMEOUT if time.monotonic() >= ends_at else _error_of(fault))
    status = response.status_code
    return Answer(
        status,
        "" if 200 <= status < 300 else Error.STATUS,
        response.headers.get("Retry-After", ""),
    )


def _error_of(fault: Exception) -> str:
    """Return the word for what a request failed of."""
    match fault:
        case requests.exceptions.SSLError():
            return Error.TLS
        case requests.Timeout():
            return Error.TIMEOUT
        case requests.exceptions.InvalidURL():
            return Error.ADDRESS
        case requests.ConnectionError() if _is_unresolved(fault):
            return Error.ADDRESS
    return Error.REFUSED


def _is_unresolved(fault: requests.ConnectionError) -> bool:
    """Tell whether no connection was made because the name has no address."""
    reason: Any = getattr(fault.args[0], "reason", None) if fault.args else None
    return isinstance(fault.__cause__, OSError) or isinstance(reason, NameResolutionError)


# urllib3 limits the time between two bytes. What limits the time of all of them is a timer that
# shuts the connections which its thread has opened: by a second handle on each, which works also
# while TLS is agreed on.
_current = local()


class _Deadline:
    """Shuts connections at a moment, and those that are opened after it."""

    def __init__(self) -> None:
        self._opened: list[socket] = []
        self._is_over = False
        self._mutex = Lock()

    def watch(self, opened: socket) -> None:
        """Shut this connection in time, or now if it is late."""
        with self._mutex:
            self._opened.append(opened.dup())
            if self._is_over:
                opened.shutdown(SHUT_RDWR)

    def cut(self) -> None:
        """Shut what is open."""
        with self._mutex:
            self._is_over = True
            for opened in self._opened:
                with suppress(OSError):  # the receiver hung up
                    opened.shutdown(SHUT_RDWR)

    def close(self) -> None:
        """Give the handles back."""
        for opened in self._opened:
            opened.close()


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket:
        return _watched(super()._new_conn())


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket:
        return _watched(super()._new_conn())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _watched(opened: socket) -> socket:
    """Return a connection that this thread's deadline shuts."""
    deadline: _Deadline = _current.deadline
    deadline.watch(opened)
    return opened


@contextmanager
def _cut_off_after(seconds: float) -> Iterator[None]:
    """Shut the connections that this thread opens in the block, so many seconds from now."""
    deadline = _current.deadline = _Deadline()
    timer = Timer(seconds, deadline.cut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        deadline.close()
