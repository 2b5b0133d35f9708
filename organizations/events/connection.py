"""One request to a receiver that may be slow, endless or hostile."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socket import SHUT_RDWR
from threading import Timer, local
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError

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
    """Send a request and return what came of it, within 15 seconds; never raise.

    Redirects are not followed, and nothing of the environment (proxies, .netrc) is used.
    """
    session = HTTPSession(
        Config(
            ip_filter_enable=not settings.WEBHOOK_ALLOW_PRIVATE,
            ip_filter_allow_loopback_ips=False,
            never_redirect=True,
            default_timeout=(TIME, TIME),
            user_agent_override="Offboard",
        )
    )
    session.trust_env = False
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
    except (requests.RequestException, OSError, ValueError) as fault:
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
# shuts the connections which its thread has opened.
_opened = local()


class _Connection(HTTPConnection):
    def connect(self) -> None:
        _opened.connections.append(self)
        super().connect()


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        _opened.connections.append(self)
        super().connect()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


@contextmanager
def _cut_off_after(seconds: float) -> Iterator[None]:
    """Shut the connections that this thread opens in the block, so many seconds from now."""
    connections = _opened.connections = []

    def cut_off() -> None:
        for connection in connections:
            with suppress(OSError, AttributeError):  # closed by now
                connection.sock.shutdown(SHUT_RDWR)

    timer = Timer(seconds, cut_off)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
