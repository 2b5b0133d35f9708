"""Secrets of webhooks."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from organizations.events.signature import secret_of, signing_secrets
from organizations.models import WebhookEndpoint


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    """An endpoint whose secret was never rotated."""
    return WebhookEndpoint(id="we_1")


def test_a_secret_is_24_bytes_or_more_in_the_form_of_the_specification(
    endpoint: WebhookEndpoint,
) -> None:
    secret = secret_of(endpoint, 1)

    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64


def test_every_endpoint_and_every_version_has_its_own_secret(endpoint: WebhookEndpoint) -> None:
    secrets = {
        secret_of(WebhookEndpoint(id=endpoint_id), version)
        for endpoint_id in ("we_1", "we_2", "we_11")
        for version in (1, 2, 11)
    }

    assert len(secrets) == 9
    assert secret_of(endpoint, 1) == secret_of(WebhookEndpoint(id="we_1"), 1)


def test_the_key_of_webhooks_stands_in_for_secret_key(
    endpoint: WebhookEndpoint, settings: Settings
) -> None:
    settings.WEBHOOK_KEY = ""
    derived = secret_of(endpoint, 1)
    settings.WEBHOOK_KEY = "w" * 50
    own = secret_of(endpoint, 1)

    settings.SECRET_KEY = "another"  # noqa: S105 (the test's own)
    assert secret_of(endpoint, 1) == own
    settings.WEBHOOK_KEY = ""
    assert len({derived, own, secret_of(endpoint, 1)}) == 3


@pytest.mark.parametrize(
    ("ends_in", "versions"),
    [(None, [2]), (timedelta(hours=1), [2, 1]), (timedelta(0), [2]), (timedelta(days=-1), [2])],
)
def test_the_secret_before_signs_along_until_its_time_is_over(
    ends_in: timedelta | None, versions: list[int]
) -> None:
    until = None if ends_in is None else timezone.now() + ends_in
    endpoint = WebhookEndpoint(id="we_1", secret_version=2, previous_secret_until=until)

    assert signing_secrets(endpoint) == [secret_of(endpoint, version) for version in versions]
