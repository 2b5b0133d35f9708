"""A provider, and an account of the staff that may log in by it."""

import warnings
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.users.oidc.browser import PASSWORD, STAFF
from users.models import User


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider, by its address."""
    with warnings.catch_warnings(record=True):  # of what it is made of
        from oidc_provider_mock import run_server_in_thread
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(autouse=True)
def _configured(settings: Settings, issuer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    settings.OIDC_ISSUER = issuer
    settings.OIDC_DOMAINS = frozenset({"acme.example"})
    settings.OIDC_RP_CLIENT_ID = settings.OIDC_RP_CLIENT_SECRET = "offboard"  # noqa: S105
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS,
        "users.oidc.backend.OidcBackend",
    ]


@pytest.fixture
def staff() -> User:
    return User.objects.create_user(STAFF, PASSWORD, is_staff=True)
