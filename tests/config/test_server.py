"""The server when something around it is wrong."""

import json
import os
import re
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

import pytest

from organizations.models import Membership, Organization
from tests.concurrency import in_background
from tests.directories import connect
from tests.organizations.api.address import address_of
from tests.production import Answer, Production, serving, started

SECONDS_TO_GIVE_UP = 10


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["refuses", "is silent"])
def test_a_database_that_is_away_is_told_in_time_in_a_line_each_and_the_process_lives_meanwhile(
    owner: Membership, kind: str
) -> None:
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = 1 if kind == "refuses" else silent.getsockname()[1]
        url = f"postgres://offboard@127.0.0.1:{port}/offboard"
        server = stack.enter_context(started("--workers", "1", DATABASE_URL=url))
        server.program.until("Booting worker")
        assert server.ask("GET", "/livez").status == 200

        def remove() -> Answer:
            return server.ask(
                *("DELETE", address_of(owner)),
                token="some",  # noqa: S106 (nobody's)
                timeout=SECONDS_TO_GIVE_UP,
            )

        removals = [stack.enter_context(in_background(remove)) for _ in range(4)]
        assert server.ask("GET", "/livez", timeout=2).status == 200
        answers = [removal.result() for removal in removals]
        assert server.ask("GET", "/readyz", timeout=SECONDS_TO_GIVE_UP).status == 503
        server.program.process.terminate()
        logged = server.program.logged()

    assert {(answer.status, answer.error["code"]) for answer in answers} == {
        (503, "SERVICE_UNAVAILABLE")
    }
    lines = Counter(line["event"] for line in logged)
    assert lines["request"] == lines["database_failed"] == 4  # and none for a probe
    assert lines["not_ready"] == 1
    assert not [line for line in logged if "Traceback" in json.dumps(line)]


@pytest.mark.django_db(transaction=True)
def test_in_the_metrics_a_process_takes_the_place_of_one_that_ended() -> None:
    token = "t" * 32
    with serving("--workers", "2", METRICS_TOKEN=token) as server:
        server.program.until(r"(Booting worker[^$]*){2}")
        for process in re.findall(r"Booting worker with pid: (\d+)", server.program.output):
            os.kill(int(process), signal.SIGKILL)
        server.program.until(r"(Booting worker[^$]*){4}")
        server.until_ready()

        found: set[bytes] = set()
        for _ in range(200):
            shown = server.ask("GET", "/metrics", token=token).body
            found.update(re.findall(rb'process="(\d+)"', shown))

    assert found == {b"0", b"1"}


USERS = "/v1/organizations/org_1/users"
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on"}


@pytest.mark.django_db(transaction=True)
def test_behind_a_tls_proxy_what_it_says_of_the_caller_is_believed() -> None:
    with serving(
        *("--workers", "1"),
        SECURE_SSL_REDIRECT="true",
        BEHIND_TLS_PROXY="true",
        NUM_PROXIES="1",
        RATE_PER_ADDRESS="1/min",
    ) as server:

        def codes(address: str, **headers: str) -> list[str]:
            sent = {"X-Forwarded-For": address, **FORWARDED, **headers}
            return [server.ask("GET", USERS, headers=sent).error["code"] for _ in range(2)]

        first, other = codes("192.0.2.1"), codes("192.0.2.2")
        plain = codes("192.0.2.3", **{"X-Forwarded-Proto": "http"})

    assert first == other == ["AUTHENTICATION_REQUIRED", "RATE_LIMITED"]
    assert plain == ["HTTPS_REQUIRED"] * 2


@pytest.fixture(scope="module")
def server(committed_db: None) -> Iterator[Production]:
    """A server that no setting puts behind a proxy, with a home folder that cannot be written."""
    with serving("--workers", "1", SECURE_SSL_REDIRECT="true", HOME="/proc/nobody") as server:
        yield server


@pytest.mark.django_db(transaction=True)
def test_without_that_setting_a_proxy_on_the_same_machine_is_not_believed(
    server: Production,
) -> None:
    api = server.ask("GET", USERS, headers=FORWARDED)
    page = server.ask("GET", "/admin/login/", headers=FORWARDED)

    assert (api.status, api.error["code"]) == (403, "HTTPS_REQUIRED")
    assert (page.status, page.headers["Location"][:8]) == (301, "https://")


@pytest.mark.django_db(transaction=True)
def test_a_home_that_cannot_be_written_is_no_matter(server: Production) -> None:
    server.ask("GET", USERS, headers={"X-Request-ID": "after-the-start"})
    server.program.until("after-the-start")

    assert "ontrol" not in server.program.output
    assert "nobody" not in server.program.output


@pytest.mark.django_db(transaction=True)
def test_a_filter_as_long_as_a_directory_may_send_is_read(organization: Organization) -> None:
    _, token = connect(organization)
    longest = quote(f'externalId eq "{" " * 1984}"')
    address = f"/scim/v2/organizations/{organization.pk}/Users?filter={longest}"
    with serving("--workers", "1") as server:
        answer = server.ask("GET", address, token=token)

    assert answer.status == 200
