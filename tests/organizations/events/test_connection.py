"""One request to receivers that behave badly."""

import socket
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event, Thread, current_thread
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from organizations.events import connection
from organizations.events.connection import Answer, post
from tests.processes import DEADLINE_SECONDS, free_port
from tests.receivers import (
    MEBIBYTE,
    RECEIVED,
    TAKEN,
    Behaviour,
    answering,
    cutting,
    dripping,
    flooding,
    receiver,
    redirecting_flood,
)

SHORT = 0.3  # seconds, in place of 15


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_a_success(status: int) -> None:
    with receiver(answering(status)) as heard:
        assert post(heard.url, b"{}", {}) == Answer(status)


@pytest.mark.parametrize("status", [302, 304, 400, 401, 404, 410, 429, 500, 503])
def test_any_other_status_is_none(status: int) -> None:
    with receiver(answering(status)) as heard:
        assert post(heard.url, b"{}", {}) == Answer(status, error="status")


def after(*beginnings: bytes) -> Behaviour:
    """Return a behaviour: these come before the answer, which is 204."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        for beginning in beginnings:
            handler.wfile.write(b"HTTP/1.1 " + beginning + b"\r\nLink: </a>\r\n\r\n")
        RECEIVED(handler)

    return answer


@pytest.mark.parametrize(
    "beginnings",
    [[b"102 Processing"], [b"103 Early Hints"], [b"100 Continue", b"103 Hints", b"199 Other"]],
)
def test_1xx_is_no_answer_and_what_follows_is(beginnings: list[bytes]) -> None:
    with receiver(after(*beginnings)) as heard:
        assert post(heard.url, b"{}", {}) == Answer(204)


@pytest.mark.parametrize("beginning", [b"101 Switching Protocols", b"103 Early Hints"])
def test_1xx_alone_is_none(monkeypatch: pytest.MonkeyPatch, beginning: bytes) -> None:
    monkeypatch.setattr(connection, "TIME", SHORT)

    with receiver(dripping(b"HTTP/1.1 " + beginning + b"\r\n\r\n")) as heard:
        assert post(heard.url, b"{}", {}) == Answer(error="timeout")


def test_the_time_to_wait_is_passed_on() -> None:
    with receiver(answering(429, Retry_After="120")) as heard:
        assert post(heard.url, b"{}", {}) == Answer(429, error="status", retry_after="120")


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 ", b"HTTP/1.1 100 Continue\r\n\r\n"],
    ids=["nothing", "a line", "a promise"],
)
def test_bytes_now_and_then_do_not_add_to_the_time(
    monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(connection, "TIME", SHORT)

    with receiver(dripping(beginning)) as heard:
        assert post(heard.url, b"{}", {}) == Answer(error="timeout")


@pytest.mark.parametrize(
    "behaviour", [flooding, dripping(b"HTTP/1.1 200 OK\r\n\r\n")], ids=["a flood", "drop by drop"]
)
def test_the_status_of_an_endless_answer_counts(
    monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
) -> None:
    monkeypatch.setattr(connection, "TIME", SHORT)

    with receiver(behaviour) as heard:
        assert post(heard.url, b"{}", {}) == Answer(200)


def test_of_a_redirect_no_more_is_read_than_of_any_answer() -> None:
    TAKEN.clear()

    with receiver(redirecting_flood) as heard:
        assert post(heard.url, b"{}", {}) == Answer(302, error="status")

    assert sum(TAKEN) < 16 * MEBIBYTE  # what lies in the buffers between two sockets


def test_a_receiver_that_drips_tls_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TIME", SHORT)

    with receiver(dripping(b"")) as heard:  # waits for a request that never comes whole
        answer = post(heard.url.replace("http:", "https:"), b"{}", {})

    assert answer.error in {"timeout", "tls"}


@pytest.mark.parametrize("allow_private", [True, False])
def test_a_name_server_that_does_not_answer_ends_the_attempt_in_time(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, *, allow_private: bool
) -> None:
    monkeypatch.setattr(connection, "TIME", SHORT)
    settings.WEBHOOK_ALLOW_PRIVATE = allow_private
    is_answered = Event()
    lookups: list[Thread] = []
    resolve = socket.getaddrinfo

    def resolve_late(host: str, *rest: Any, **options: Any) -> Any:
        lookups.append(current_thread())
        assert is_answered.wait(DEADLINE_SECONDS)
        return resolve("127.0.0.1", *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_late)
    with receiver() as heard:
        answer = post(heard.url.replace("127.0.0.1", "hooks.example"), b"{}", {})
        is_answered.set()
        for lookup in lookups:
            lookup.join(DEADLINE_SECONDS)

    assert answer == Answer(error="timeout")
    assert heard.requests == []  # nothing is sent once the attempt is over


def test_a_receiver_that_hangs_up_has_refused() -> None:
    with receiver(cutting) as heard:
        assert post(heard.url, b"{}", {}) == Answer(error="refused")


def test_nobody_listens() -> None:
    assert post(f"http://127.0.0.1:{free_port()}/", b"{}", {}) == Answer(error="refused")


def test_no_tls_where_it_is_asked_for() -> None:
    with receiver() as heard:
        assert post(heard.url.replace("http:", "https:"), b"{}", {}) == Answer(error="tls")


def test_no_proxy_and_no_credentials_are_taken_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with receiver() as proxy, receiver() as heard:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)

        post(heard.url, b"{}", {})

    [(headers, _)] = heard.requests
    assert "authorization" not in headers
    assert proxy.requests == []
