"""Signs webhooks, with secrets that are derived and not stored, so that no dump has one."""

from base64 import b64encode
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from standardwebhooks import Webhook

from organizations.models import WebhookDelivery, WebhookEndpoint

# How long after a rotation the secret before signs along.
OVERLAP = timedelta(hours=24)


def secret_of(endpoint: WebhookEndpoint, version: int) -> str:
    """Return the secret of one version of an endpoint, as Standard Webhooks writes it."""
    digest = salted_hmac(
        "offboard.webhooks",  # so that webhooks have a key that nothing else has
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


def signed_headers(delivery: WebhookDelivery, body: bytes) -> dict[str, str]:
    """Return the headers after Standard Webhooks, signed with every secret that is valid now."""
    now = timezone.now()
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery.event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(delivery.event_id, now, body.decode())
            for secret in signing_secrets(delivery.endpoint)
        ),
    }
