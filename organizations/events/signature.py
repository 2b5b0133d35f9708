"""Signs webhooks with secrets that are derived and not stored, so that no dump has one."""

from base64 import b64encode
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from standardwebhooks import Webhook

from organizations.models import WebhookDelivery, WebhookEndpoint

OVERLAP = timedelta(hours=24)  # after a rotation, in which the previous secret signs along


def secret_of(endpoint: WebhookEndpoint, version: int) -> str:
    """Return the secret of one version of an endpoint, in the form of Standard Webhooks."""
    digest = salted_hmac(
        "offboard.webhooks",  # gives webhooks a key of their own
        f"{endpoint.pk}.{version}",
        secret=settings.WEBHOOK_KEY or settings.SECRET_KEY,
        algorithm="sha256",
    ).digest()
    return f"whsec_{b64encode(digest).decode()}"


def signing_secrets(endpoint: WebhookEndpoint) -> list[str]:
    """Return the secrets that sign now: the newest, and for 24 hours the previous one."""
    secrets = [secret_of(endpoint, endpoint.secret_version)]
    if endpoint.previous_secret_until and endpoint.previous_secret_until > timezone.now():
        secrets.append(secret_of(endpoint, endpoint.secret_version - 1))
    return secrets


def signed_headers(delivery: WebhookDelivery, body: bytes) -> dict[str, str]:
    """Return the headers of Standard Webhooks, signed with every secret that is valid now."""
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
