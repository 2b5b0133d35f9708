"""Where webhooks may be sent: refused when saved, and at each connection."""

import socket
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings

from organizations.events.addresses import refuse_forbidden
from organizations.events.connection import Answer, post
from tests.receivers import answering, receiver

FORBIDDEN_HOSTS = [
    # private, loopback, unspecified, link-local, metadata, CGNAT, multicast, reserved
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.8.8.8", "0.0.0.1"),
    *("169.254.1.1", "169.254.169.254", "168.63.129.16", "192.0.0.192", "100.64.0.1"),
    *("100.100.100.200", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    "0.0.0.0",  # noqa: S104
    *("198.18.0.1", "192.0.2.1", "203.0.113.1", "192.88.99.1"),
    # the same in IPv6
    *("[::1]", "[::]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]"),
    *("[2001:db8::1]", "[100::1]", "[5f00::1]"),
    # IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo
    *("[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]"),
    *("[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]"),
    *("[64:ff9b:1::10.0.0.1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]"),
    # decimal, octal, hexadecimal and short forms
    *("2130706433", "017700000001", "0177.0.0.1", "0x7f000001", "0x7f.0.0.1", "127.1", "0"),
    # names, and what reads like digits
    *("localhost", "LOCALHOST", "localhost.", "①②⑦.0.0.1", "127。0。0。1"),
]

OTHER_URLS = [
    *("http://1.1.1.1/", "file:///etc/passwd", "ftp://1.1.1.1/", "gopher://1.1.1.1/", "//1.1.1.1/"),
    *("javascript:alert(1)", "1.1.1.1", "", "https://", "https:///path", "https://:443/"),
    *("https://user@1.1.1.1/", "https://user:secret@1.1.1.1/", "https://:@1.1.1.1/"),
    *("https://1.1.1.1:99999/", "https://[1.1.1.1/"),
    *("https://127.0.0.1#@1.1.1.1/", "https://127.0.0.1?@1.1.1.1/", "https://no.such.invalid/"),
]


@pytest.fixture(autouse=True)
def _public(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False


def resolving_to(*addresses: str) -> Any:
    """Return a stand-in for `socket.getaddrinfo` that answers with these, one a call."""
    answers = iter(addresses)

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        address = next(answers)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    return getaddrinfo


@pytest.mark.parametrize("host", FORBIDDEN_HOSTS)
def test_a_forbidden_host_is_refused_when_saved_and_at_the_connection(host: str) -> None:
    with pytest.raises(ValidationError):
        refuse_forbidden(f"https://{host}/hook")

    assert post(f"https://{host}/hook", b"{}", {}) == Answer(error="address")


@pytest.mark.parametrize("url", OTHER_URLS)
def test_other_forms_are_refused_when_saved(url: str) -> None:
    with pytest.raises(ValidationError):
        refuse_forbidden(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://1.1.1.1/a\r\nb", "invisible character"),
        ("https://1.1.1.1/\tb", "invisible character"),
        ("https://1.1.1.1/\x7f", "invisible character"),
        ("https://1.1.1.1/\u200b", "invisible character"),
        ("https://1.1.1.1/\u202ecod.exe", "invisible character"),
        ("https://1.1.1.1/#part", "fragment"),
        ("https://1.1.1.1/#", "fragment"),
        ("https://1.1.1.1:0/", "port 0"),
        ("https://1.1.1.1:00/", "port 0"),
        (" https://1.1.1.1:0", "blank"),
        ("https://1.1.1.1/hook ", "blank"),
    ],
)
def test_what_would_be_sent_elsewhere_than_it_reads_is_refused_in_words(
    settings: Settings, url: str, words: str
) -> None:
    for settings.WEBHOOK_ALLOW_PRIVATE in (False, True):
        with pytest.raises(ValidationError, match=words):
            refuse_forbidden(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://1.1.1.1/a%23b%0d?c=d%00",
        "https://1.1.1.1/",
        "https://1.1.1.1:8443/hook?a=b",
        "https://[2606:4700::1111]/hook",
    ],
)
def test_a_public_address_is_saved(url: str) -> None:
    refuse_forbidden(url)


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
def test_a_name_with_a_forbidden_address_is_refused_when_saved(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to(address))

    with pytest.raises(ValidationError, match="no address that may be reached"):
        refuse_forbidden("https://hooks.example/")


def test_a_name_that_does_not_resolve_reads_like_one_that_is_forbidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror

    with pytest.raises(ValidationError) as forbidden:
        refuse_forbidden("https://localhost/")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ValidationError) as unresolved:
        refuse_forbidden("https://hooks.example/")

    assert forbidden.value == unresolved.value
    assert post("https://hooks.example/", b"{}", {}) == Answer(error="address")


def test_a_name_that_resolves_differently_the_second_time_is_refused_at_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiver() as heard:
        monkeypatch.setattr(socket, "getaddrinfo", resolving_to("1.1.1.1", "127.0.0.1"))
        url = heard.url.replace("127.0.0.1", "hooks.example")
        refuse_forbidden(url.replace("http:", "https:"))

        answer = post(url, b"{}", {})

    assert answer == Answer(error="address")
    assert heard.requests == []


def test_what_is_connected_to_is_the_address_that_was_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected: list[str] = []

    def refuse(address: tuple[str, int], *_: Any, **__: Any) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolving_to("1.1.1.1", "127.0.0.1"))
    monkeypatch.setattr("urllib3.util.connection.create_connection", refuse)

    assert post("https://hooks.example/", b"{}", {}) == Answer(error="refused")
    assert connected == ["1.1.1.1"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(settings: Settings, status: int) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True  # the first receiver is on the loopback
    with receiver() as private, receiver(answering(status, Location=private.url)) as heard:
        answer = post(heard.url, b"{}", {})

    assert answer == Answer(status, error="status")
    assert private.requests == []


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://localhost:8000/", "https://10.0.0.1"])
def test_self_hosters_can_allow_private_addresses_and_plain_http(
    settings: Settings, url: str
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True

    refuse_forbidden(url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://user@127.0.0.1/", "https://"])
def test_other_forms_are_refused_to_self_hosters_too(settings: Settings, url: str) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True

    with pytest.raises(ValidationError):
        refuse_forbidden(url)


def test_a_refused_host_is_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValidationError):
        refuse_forbidden("https://localhost/")

    assert not caplog.records
