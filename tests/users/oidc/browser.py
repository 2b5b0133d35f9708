"""Browsers that log in by the provider."""

from typing import Any
from urllib.parse import urlsplit

import httpx
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.test import Client

from users.models import User

PASSWORD = "correct horse battery staple"  # noqa: S105 (a test's own)
STAFF = "maya@acme.example"
VERIFIED: dict[str, Any] = {"email": STAFF, "email_verified": True}


def ask(client: Client, address: str = "/admin/oidc/login/") -> str:
    """Return where a client is sent to log in."""
    response = client.post(address) if "link" in address else client.get(address)
    assert response.status_code == 302
    return str(response["Location"])


def answer(there: str, subject: str, **claims: Any) -> str:
    """Log in at the provider with these claims; return where it sends the client."""
    parts = urlsplit(there)
    base = f"{parts.scheme}://{parts.netloc}"
    httpx.put(f"{base}/users/{subject}", json=claims).raise_for_status()
    response = httpx.post(there, data={"sub": subject})
    back = urlsplit(response.headers["Location"])
    return f"{back.path}?{back.query}"


def log_in(subject: str = "maya", client: Client | None = None, **claims: Any) -> User | None:
    """Log in by the provider; return whose session it is then."""
    client = client or Client()
    client.get(answer(ask(client), subject, **claims))
    return whose(client)


def logged_in(account: User) -> Client:
    """Return a client of an account that is logged in by its password."""
    client = Client()
    client.force_login(account, "django.contrib.auth.backends.ModelBackend")
    return client


def whose(client: Client) -> User | None:
    """Return the account of a client's session."""
    request = HttpRequest()
    request.session = client.session
    user = get_user(request)
    return user if isinstance(user, User) else None


def link(account: User, subject: str, **claims: Any) -> None:
    """Link a login to an account that is logged in."""
    client = logged_in(account)
    client.get(answer(ask(client, "/admin/oidc/link/"), subject, **claims))
