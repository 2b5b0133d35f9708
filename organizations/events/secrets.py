"""What webhooks are signed with: derived from the endpoint, so that no dump holds a secret."""

import hashlib
import hmac
from base64 import b64encode

from django.conf import settings
from django.utils import timezone

from organizations.models import WebhookEndpoint


def secret_of(endpoint: WebhookEndpoint, version: int) -> str:
    """Return the secret of one version of an endpoint, as Standard Webhooks writes it."""
    message = f"{endpoint.pk}.{version}".encode()
    key = hmac.digest(settings.WEBHOOK_KEY.encode(), message, hashlib.sha256)
    return f"whsec_{b64encode(key).decode()}"


def signing_secrets(endpoint: WebhookEndpoint) -> list[str]:
    """Return the secrets that sign now: the newest, and for 24 hours the one before."""
    secrets = [secret_of(endpoint, endpoint.secret_version)]
    if endpoint.previous_secret_until and endpoint.previous_secret_until > timezone.now():
        secrets.append(secret_of(endpoint, endpoint.secret_version - 1))
    return secrets
