"""System checks for combinations of settings that are wrong or unwise."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import Error, Tags, register

SHORTEST_KEY = 50  # characters, as Django requires of SECRET_KEY


@register(Tags.security)
def count_the_proxies(app_configs: Sequence[AppConfig] | None, **_: object) -> list[Error]:
    """Return an error if there is a proxy in front but NUM_PROXIES is 0.

    All callers would seem to have its address: one rate for all, and anyone could lock staff out.
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
    """Return a warning without a good WEBHOOK_KEY: SECRET_KEY then decides webhooks' secrets."""
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
