"""What settings must not say together."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import Error, Tags, register

SHORTEST_KEY = 50  # characters, as Django asks of SECRET_KEY


@register(Tags.security)
def count_the_proxies(app_configs: Sequence[AppConfig] | None, **_: object) -> list[Error]:
    """Demand the number of proxies where there is one in front.

    Else all callers have its address: they share one rate, and anyone can lock staff out.
    """
    if settings.SECURE_PROXY_SSL_HEADER and not settings.REST_FRAMEWORK["NUM_PROXIES"]:
        return [
            Error(
                "BEHIND_TLS_PROXY is set, and NUM_PROXIES is 0.",
                hint="Set NUM_PROXIES to how many proxies add to X-Forwarded-For: 1, as a rule.",
                id="config.E001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def give_webhooks_a_key(
    app_configs: Sequence[AppConfig] | None, **_: object
) -> list[checks.Warning]:
    """Advise a key of their own for webhooks: else a new SECRET_KEY changes all their secrets."""
    if len(settings.WEBHOOK_KEY) >= SHORTEST_KEY:
        return []
    return [
        checks.Warning(
            f"WEBHOOK_KEY is shorter than {SHORTEST_KEY} characters."
            if settings.WEBHOOK_KEY
            else "WEBHOOK_KEY is not set: the secrets of webhooks are derived from SECRET_KEY.",
            hint=(
                f"Set it to at least {SHORTEST_KEY} random characters. Receivers need the new"
                " secrets whenever it, or without it SECRET_KEY, changes."
            ),
            id="config.W001",
        )
    ]
