"""Headers that protect browsers, and secrets that appear nowhere."""

from collections.abc import Iterator
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.test import Client

from organizations.models import Membership
from tests.factories import UserFactory
from tests.organizations.api.address import address_of
from tests.processes import running
from tests.production import Production, environment, serving, token_of
from users.models import User

SECRET = "a-secret-that-nobody-may-read-0123456789-abcdefghijklm"  # noqa: S105 (the test's own)
PAGES = ["/admin/login/", "/v1/docs"]


@pytest.fixture(scope="module")
def server(committed_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    collected = {"STATIC_ROOT": str(tmp_path_factory.mktemp("static"))}  # no other server's
    variables = environment() | collected
    with running("manage.py", "collectstatic", "--no-input", environment=variables) as program:
        assert program.process.wait(60) == 0
    with serving("--workers", "1", SECRET_KEY=SECRET, **collected) as server:
        yield server


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_no_script_but_our_files(client: Client, db: None, path: str) -> None:
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in client.get(path)["Content-Security-Policy"].split(";")
    )

    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'")
    assert policy["form-action"] == "'self'"


@pytest.mark.parametrize("path", [*PAGES, "/v1/nowhere", "/v1/organizations/org_1/users/usr_1"])
def test_every_response_has_the_headers_that_keep_browsers_out_of_trouble(
    client: Client, db: None, path: str
) -> None:
    headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db(transaction=True)  # like the next, so that both run on one server
def test_cookies_are_for_https_and_for_the_server_alone(server: Production) -> None:
    cookies = server.ask("GET", "/admin/login/").headers["Set-Cookie"]

    assert cookies.startswith("csrftoken=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax"):
        assert attribute in cookies
    assert (settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE) == (True, "Lax")


def log_in(server: Production, username: str, password: str) -> str:
    """Send the form of the admin's login; return the page that answers."""
    cookie = server.ask("GET", "/admin/login/").headers["Set-Cookie"].split(";")[0]
    _, secret = cookie.split("=")
    form = {"csrfmiddlewaretoken": secret, "username": username, "password": password}
    address = f"http://127.0.0.1:{server.port}/admin/login/"
    with urlopen(Request(address, urlencode(form).encode(), {"Cookie": cookie})) as page:
        return str(page.read().decode())


@pytest.mark.django_db(transaction=True)
def test_no_secret_is_in_a_log_or_an_error(server: Production, owner: Membership) -> None:
    token = token_of(owner.user)
    passes = "a password that nobody may read"

    answers = [
        server.ask("DELETE", address_of(owner), token=token, body={"confirm": True}),
        server.ask("DELETE", address_of(owner), token=f"{token}x"),
        server.ask("GET", f"/nowhere?token={token}"),
        server.ask("DELETE", address_of(owner), token=token, body={"confirm": passes}),
    ]
    page = log_in(server, "ada@example.com", passes)
    server.ask("GET", "/nowhere", headers={"X-Request-ID": "the-last"})
    server.program.until("the-last")

    assert "Please enter the correct" in page
    told = server.program.output + page + "".join(answer.body.decode() for answer in answers)
    assert "DELETE" in server.program.output
    for secret in (SECRET, token, passes):
        assert secret not in told


def test_objects_show_no_secret_of_theirs(owner: Membership) -> None:
    token = token_of(owner.user)
    user: User = UserFactory.create()
    user.set_password("a password that nobody may read")
    user.save()

    shown = repr(user) + str(user) + "".join(map(repr, owner.user.access_tokens.all()))

    assert token not in shown
    assert user.password not in shown
    assert "password" not in shown
