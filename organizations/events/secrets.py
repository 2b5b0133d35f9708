"""The secrets that webhooks are signed with: derived, not stored, so that no dump holds one."""

from base64 import b64encode
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from organizations.models import WebhookEndpoint

# How long after a rotation the secret before it signs along.
OVERLAP = timedelta(hours=24)


def secret_of(endpoint: WebhookEndpoint) -> str:
    """Return the endpoint's secret as the Standard Webhooks specification writes it."""
    return _derive(endpoint, endpoint.secret_version)


def signing_secrets(endpoint: WebhookEndpoint) -> list[str]:
    """Return the secrets that sign a message now: the current one, and one rotated lately."""
    until = endpoint.previous_secret_until
    is_rotated_lately = until is not None and timezone.now() < until
    versions = [endpoint.secret_version, endpoint.secret_version - 1][: 1 + is_rotated_lately]
    return [_derive(endpoint, version) for version in versions]


def _derive(endpoint: WebhookEndpoint, version: int) -> str:
    """Return the HMAC of the endpoint's id and a version under the key of all webhooks."""
    digest = salted_hmac(
        "organizations.events.secrets",  # the key of webhooks is not SECRET_KEY itself
        f"{endpoint.pk}.{version}",
        secret=settings.WEBHOOK_KEY or settings.SECRET_KEY,
        algorithm="sha256",
    ).digest()
    return f"whsec_{b64encode(digest).decode()}"
