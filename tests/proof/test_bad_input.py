"""Whatever is sent: never a 500, and the envelope for all that is HTTP."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from config.api.parser import JSONObjectParser
from organizations.models import Membership
from tests.factories import MembershipFactory
from tests.organizations.api.address import address_of
from tests.production import Answer, Production, serving, token_of
from tests.proof.figures import Tally
from users.authentication import MAX_TOKEN_LENGTH

pytestmark = pytest.mark.usefixtures("unlimited")

INPUTS = "requests made up by hypothesis"

thorough = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
fields = st.sampled_from(["confirm", "transfer_resources_to_department_id"]) | st.text()
bodies = (
    st.dictionaries(fields, json_values).map(lambda value: json.dumps(value).encode())
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.binary()
    | st.text().map(lambda text: text.encode("utf-16"))
)
# What may stand in a header field, as servers hand it over: any byte but the ends of a line.
header_values = st.binary().map(
    lambda value: value.translate(None, b"\r\n\0").decode("latin-1").strip()
)
ids = st.text(min_size=1) | st.from_regex(r"(org|usr|dept)_[A-Za-z0-9_\x00]*", fullmatch=True)


@pytest.fixture
def token(owner: Membership) -> str:
    return token_of(owner.user)


@pytest.fixture
def member(owner: Membership) -> Membership:
    return MembershipFactory.create(organization=owner.organization)


def send(path: str, token: str, tally: Tally, body: bytes = b"", **options: Any) -> Answer:
    """Send a removal and undo it; raises AssertionError unless the answer is one of ours."""
    headers = {"Authorization": f"Bearer {token}"} | options.pop("headers", {})
    content_type = options.pop("content_type", "application/json")
    with transaction.atomic():
        response = Client(raise_request_exception=False).generic(
            "DELETE", path, body, content_type, headers=headers
        )
        transaction.set_rollback(True)
    tally(INPUTS)
    answer = Answer(response.status_code, dict(response.headers), response.content)
    assert answer.status == 204 or 400 <= answer.status < 500
    assert answer.status == 204 or answer.error
    return answer


@thorough
@example(body=b"[" * JSONObjectParser.max_bytes)
@example(body=b'{"a":' * 10_000 + b"1" + b"}" * 10_000)
@example(body=b"1" * 5000)
@example(body=b" " * (JSONObjectParser.max_bytes + 1))
@example(body=b'{"confirm": true, "\\ud800": 1}')
@example(body=b'{"confirm": 1e999}')
@example(body=b'\xef\xbb\xbf{"confirm": true}')
@given(body=bodies)
def test_any_body(member: Membership, token: str, tally: Tally, body: bytes) -> None:
    send(address_of(member), token, tally, body)


@thorough
@example(target="dept_\x00")
@example(target="dept_" + "a" * 10_000)
@given(target=st.text())
def test_any_department(member: Membership, token: str, tally: Tally, target: str) -> None:
    body = {"confirm": True, "transfer_resources_to_department_id": target}

    assert send(address_of(member), token, tally, json.dumps(body).encode()).status in {400, 404}


@thorough
@given(organization=ids, user=ids)
def test_any_id(token: str, tally: Tally, organization: str, user: str) -> None:
    path = f"/v1/organizations/{organization}/users/{user}".replace("?", "").replace("#", "")

    with suppress(UnicodeEncodeError):  # no client can send it
        assert send(path, token, tally, b'{"confirm": true}').status in {403, 404}


@thorough
@example(value="a" * 65)
@given(value=header_values)
def test_any_request_id(member: Membership, token: str, tally: Tally, value: str) -> None:
    answer = send(address_of(member), token, tally, headers={"X-Request-ID": value})

    assert answer.headers["X-Request-ID"].isascii()
    assert len(answer.headers["X-Request-ID"]) <= 64


@thorough
@example(value="Bearer " + "a" * (MAX_TOKEN_LENGTH + 1))
@example(value="Bearer \xff")
@given(value=header_values | header_values.map("Bearer {}".format))
def test_any_authorization(member: Membership, tally: Tally, value: str) -> None:
    answer = send(address_of(member), "", tally, headers={"Authorization": value})

    assert answer.status == 401


@thorough
@given(value=header_values | st.from_regex(r"application/json; *[a-z]+=.*", fullmatch=True))
def test_any_content_type(member: Membership, token: str, tally: Tally, value: str) -> None:
    send(address_of(member), token, tally, b'{"confirm": true}', content_type=value)


@thorough
@given(value=header_values)
def test_any_accepted_type(member: Membership, token: str, tally: Tally, value: str) -> None:
    send(address_of(member), token, tally, headers={"Accept": value})


def test_a_token_with_something_behind_it_is_another(
    member: Membership, token: str, tally: Tally
) -> None:
    for more in ("x", "\0", " x", "x" * MAX_TOKEN_LENGTH):
        answer = send(
            address_of(member), "", tally, headers={"Authorization": f"Bearer {token}{more}"}
        )
        assert answer.status == 401


# What never reaches the application: gunicorn reads these.


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Production]:
    """One server for all of them: nothing that they send gets as far as the database."""
    with django_db_blocker.unblock(), serving("--workers", "1", RATE_PER_ADDRESS="") as server:
        yield server


def exchange(server: Production, request: bytes) -> bytes:
    """Return all that the server says until it hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        said = b""
        with suppress(ConnectionResetError):
            while more := line.recv(65536):
                said += more
        return said


def answers_in(said: bytes) -> Iterator[Answer]:
    """Take apart what was said on one connection."""
    while said:
        head, _, rest = said.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers.get("Content-Length", 0))
        yield Answer(int(first.split()[1]), headers, rest[:length])
        said = rest[length:]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /v1/" + b"x" * 9000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 414),
        (b"GET /v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (b"GET /v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-A: 1\r\n" * 100 + b"\r\n", 431),
        (b"GET /v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\nBad Name: 1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /v1/x HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (b"GET /v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: wonders\r\n\r\n", 417),
    ],
    ids=["long line", "long header", "many headers", "header name", "no http", "version", "expect"],
)
def test_what_is_no_http_gets_gunicorns_own_answer(
    server: Production, tally: Tally, request_: bytes, status: int
) -> None:
    [answer] = answers_in(exchange(server, request_))

    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html")
    tally("unreadable requests to gunicorn")


def test_any_bytes_in_the_head_of_a_request(server: Production, tally: Tally) -> None:
    @settings(thorough, max_examples=300)
    @given(
        method=st.sampled_from([b"GET", b"DELETE", b"POST", b"PROPFIND"]) | st.binary(max_size=9),
        path=st.binary(max_size=40),
        name=st.sampled_from(
            [b"X-Request-ID", b"Authorization", b"Content-Length", b"Transfer-Encoding", b"Accept"]
        )
        | st.binary(max_size=9),
        value=st.binary(max_size=40),
        body=st.binary(max_size=40),
    )
    def send_bytes(method: bytes, path: bytes, name: bytes, value: bytes, body: bytes) -> None:
        head = method + b" /v1/" + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        said = exchange(server, head + name + b": " + value + b"\r\n\r\n" + body)
        for answer in answers_in(said):
            if answer.headers.get("Content-Type") == "text/html":  # gunicorn's own
                assert answer.status in {400, 414, 417, 431, 501}, said
            else:
                assert 400 <= answer.status < 500, said
                assert method == b"HEAD" or answer.error, said
        tally("unreadable requests to gunicorn")

    send_bytes()
