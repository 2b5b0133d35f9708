"""The secrets that webhooks are signed with: derived, not stored, so that no dump holds one."""

from base64 import b64encode
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from organizations.models import WebhookEndpoint

# How long after a rotation the secret before signs along.
OVERLAP = timedelta(hours=24)


def secret_of(endpoint: WebhookEndpoint, version: int) -> str:
    """Return the secret of one version of an endpoint, as Standard Webhooks writes it."""
    digest = salted_hmac(
        "organizations.events.secrets",  # so that webhooks have a key that nothing else has
        f"{endpoint.pk}.{version}",
        secret=settings.WEBHOOK_KEY or settings.SECRET_KEY,
        algorithm="sha256",
    ).digest()
    return f"whsec_{b64encode(digest).decode()}"


def signing_secrets(endpoint: WebhookEndpoint) -> list[str]:
    """Return the secrets that sign now: the newest, and for 24 hours the one before."""
    secrets = [secret_of(endpoint, endpoint.secret_version)]
    if endpoint.previous_secret_until and endpoint.previous_secret_until > timezone.now():
        secrets.append(secret_of(endpoint, endpoint.secret_version - 1))
    return secrets
