"""Sends one request to a receiver that may be slow, endless or hostile."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPResponse
from socket import SHUT_RDWR, socket
from threading import Lock, Thread, current_thread
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
    """The answer to one request: a status, or an error."""

    status_code: int | None = None
    error: str = ""
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        return not self.error


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a request and return the answer within 15 seconds; never raise."""
    sending = _Sending(url, body, headers)
    sending.start()
    sending.join(TIME)
    answer = sending.answer
    sending.cut()
    return answer


class _Sending(Thread):
    """Sends one request; its answer is a timeout until another one comes.

    urllib3 limits the time between two bytes, and nothing limits a DNS lookup. So the caller joins
    this thread with a timeout, then shuts down every socket that the thread has opened or opens
    later. It uses a duplicate of each socket, which also works during the TLS handshake. A lookup
    ends with the resolver's own timeout.
    """

    def __init__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(daemon=True)
        self.answer = Answer(error=Error.TIMEOUT)
        self._url, self._body, self._headers = url, body, dict(headers)
        self._opened: list[socket] = []
        self._is_over = False
        self._mutex = Lock()

    def run(self) -> None:
        """Send the request, and store the answer."""
        session = session_outwards(TIME)
        for adapter in session.adapters.values():
            assert isinstance(adapter, HTTPAdapter)  # noqa: S101  # both kinds are
            adapter.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        try:
            with session, self._post(session) as response:
                status = response.status_code
                self.answer = Answer(
                    status,
                    "" if 200 <= status < 300 else Error.STATUS,
                    response.headers.get("Retry-After", ""),
                )
                with suppress(HTTPError, OSError):  # the status counts
                    response.raw.read(READ_AT_MOST, decode_content=False)
        except InvalidIPAddress:
            self.answer = Answer(error=Error.ADDRESS)
        except (requests.RequestException, OSError, ValueError, RuntimeError) as fault:
            self.answer = Answer(error=_error_of(fault))
        finally:
            self._close()

    def _post(self, session: requests.Session) -> requests.Response:
        return session.post(
            self._url, data=self._body, headers=self._headers, stream=True, allow_redirects=False
        )

    def watch(self, opened: socket) -> None:
        """Have `cut` shut down this socket; shut it down now if the time is over."""
        with self._mutex:
            self._opened.append(opened.dup())
            if self._is_over:
                opened.shutdown(SHUT_RDWR)

    def cut(self) -> None:
        """Shut down all sockets, now and later: the time is over."""
        with self._mutex:
            self._is_over = True
            for opened in self._opened:
                with suppress(OSError):  # the receiver hung up
                    opened.shutdown(SHUT_RDWR)

    def _close(self) -> None:
        with self._mutex:
            for opened in self._opened:
                opened.close()


class _FinalResponse(HTTPResponse):
    """A response that skips any number of 1xx, which are no answer (RFC 9110, 15.2)."""

    def _read_status(self) -> tuple[str, int, str]:
        """Return the status line, with every 1xx as 100, which the library skips."""
        version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, HTTPStatus.CONTINUE if status < HTTPStatus.OK else status, reason


class _Connection(HTTPConnection):
    response_class = _FinalResponse

    def _new_conn(self) -> socket:
        return _watched(super()._new_conn())


class _SecureConnection(HTTPSConnection):
    response_class = _FinalResponse

    def _new_conn(self) -> socket:
        return _watched(super()._new_conn())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _watched(opened: socket) -> socket:
    sending = current_thread()
    assert isinstance(sending, _Sending)  # noqa: S101  # only its session uses these pools
    sending.watch(opened)
    return opened


def _error_of(fault: Exception) -> str:
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
    """Return whether there was no connection because the name has no address."""
    reason: Any = getattr(fault.args[0], "reason", None) if fault.args else None
    return isinstance(fault.__cause__, OSError) or isinstance(reason, NameResolutionError)
