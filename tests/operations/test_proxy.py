"""nginx in front of the server, by config/nginx.conf: slow clients delay nobody else."""

import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path
from typing import Any

import httpx
import pytest

from organizations.api.resource_import import ImportBodyParser
from organizations.models import Event, Membership, Source
from tests.organizations.api.lists import address_in
from tests.processes import ROOT, free_port
from tests.production import serving, token_of

CONNECTIONS = 40  # gunicorn has sixteen threads
SECONDS_TO_ANSWER = 20  # less than nginx waits for the next byte
BEHIND = {"SECURE_SSL_REDIRECT": "true", "BEHIND_TLS_PROXY": "true", "NUM_PROXIES": "1"}

MAIN = """
daemon off;
user {user};
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    include {folder}/offboard.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running nginx with TLS."""

    port: int
    trust: ssl.SSLContext

    def connect(self) -> ssl.SSLSocket:
        """Return a connection for which the kernel buffers little."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 500)
        connection.settimeout(SECONDS_TO_ANSWER)
        connection.connect(("127.0.0.1", self.port))
        return self.trust.wrap_socket(connection, server_hostname="127.0.0.1")

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Return the answer. Raises httpx.TimeoutException where none comes in time."""
        url = f"https://127.0.0.1:{self.port}{path}"
        with httpx.Client(verify=self.trust, timeout=SECONDS_TO_ANSWER, trust_env=False) as client:
            return client.request(method, url, **content)


@pytest.fixture(scope="module")
def proxy(committed_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Debian's nginx with our sample, in front of a server.

    The server listens at a socket in the file system, whose buffers do not grow as a port's do.
    """
    folder = tmp_path_factory.mktemp("proxy")
    server = folder / "gunicorn.socket"
    with serving("--bind", f"unix:{server}", **BEHIND), proxying(server, folder) as proxy:
        yield proxy


@contextmanager
def proxying(server: Path, folder: Path) -> Iterator[Proxy]:
    """Run nginx in front of the server at this socket; skip the test where none is installed."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("no nginx is installed (Debian package: nginx-light)")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(  # noqa: S603 (OpenSSL)
        [
            *(shutil.which("openssl") or "openssl", "req", "-x509", "-nodes", "-newkey", "ec"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=offboard"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-out", str(certificate), "-keyout", str(key)),
        ],
        check=True,
        capture_output=True,
    )
    listening, plain = free_port(), free_port()
    site = (ROOT / "config" / "nginx.conf").read_text()
    for sample, here in {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{listening} ssl;",
        "/etc/ssl/offboard.pem": str(certificate),
        "/etc/ssl/offboard.key": str(key),
        "http://127.0.0.1:8000": f"http://unix:{server}",
    }.items():
        assert site.count(sample) == 1
        site = site.replace(sample, here)
    (folder / "offboard.conf").write_text(site)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=getuser()))
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as nginx:  # noqa: S603 (nginx)
        try:
            _until_it_listens(listening)
            yield Proxy(listening, ssl.create_default_context(cafile=str(certificate)))
        finally:
            nginx.terminate()


def _until_it_listens(port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.01)  # between two looks
        else:
            return


def idle(connection: ssl.SSLSocket, member: Membership, head: str) -> None:
    """Send nothing."""


def slow_headers(connection: ssl.SSLSocket, member: Membership, head: str) -> None:
    """Send the beginning of a request."""
    connection.sendall(f"GET /livez HTTP/1.1\r\n{head}".encode())


def slow_body(connection: ssl.SSLSocket, member: Membership, head: str) -> None:
    """Send a request without the rest of its body, for which a thread would wait."""
    path = address_in(member.organization, "users/delete-bulk")
    head += "Content-Type: application/json\r\nContent-Length: 1000\r\n"
    connection.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n{{".encode())


def slow_reader(connection: ssl.SSLSocket, member: Membership, head: str) -> None:
    """Read the beginning of an export."""
    path = address_in(member.organization, "audit-log/export?include_reason=true")
    connection.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
    assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.django_db(transaction=True)
def test_behind_nginx_forty_slow_connections_of_each_kind_hold_nobody_up(
    owner: Membership, proxy: Proxy, subtests: pytest.Subtests
) -> None:
    # An export of more than the kernel buffers for clients that do not read it.
    Event.objects.bulk_create(
        Event(
            type=Event.Type.MEMBER_UPDATED,
            organization=owner.organization,
            source=Source.ADMIN,
            reason="x" * 10_000,
        )
        for _ in range(100)
    )
    head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token_of(owner.user)}\r\n"
    for kind in (idle, slow_headers, slow_body, slow_reader):
        with subtests.test(kind.__name__), ExitStack() as connections:
            for _ in range(CONNECTIONS):
                kind(connections.enter_context(proxy.connect()), owner, head)

            assert proxy.ask("GET", "/livez").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_nginx_lets_the_largest_import_through_and_the_application_refuses_a_larger_one(
    owner: Membership, proxy: Proxy
) -> None:
    line = {"type": "repo", "external_id": "a", "name": "A", "owner_user_id": owner.user_id}
    body = json.dumps({"resources": [line]}).encode()
    path = address_in(owner.organization, "resources/import")
    headers = {
        "Authorization": f"Bearer {token_of(owner.user)}",
        "Content-Type": "application/json",
    }

    taken, refused = (
        proxy.ask("POST", path, content=body.ljust(length), headers=headers)
        for length in (ImportBodyParser.max_bytes, ImportBodyParser.max_bytes + 1)
    )

    assert (taken.status_code, taken.json()["created"]) == (200, 1)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
