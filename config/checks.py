"""System checks for combinations of settings that are wrong or unwise."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import Error, Tags, register

SHORTEST_KEY = 50  # characters, as Django requires of SECRET_KEY


@register(Tags.security)
def count_the_proxies(app_configs: Sequence[AppConfig] | None, **_: object) -> list[Error]:
    """Return an error unless BEHIND_TLS_PROXY and NUM_PROXIES agree on whether there is a proxy."""
    is_behind_proxy = bool(settings.SECURE_PROXY_SSL_HEADER)
    proxies = settings.REST_FRAMEWORK["NUM_PROXIES"]
    if is_behind_proxy and not proxies:
        # All callers would seem to have the proxy's address: one rate for all, and anyone could
        # lock staff out.
        return [
            Error(
                "BEHIND_TLS_PROXY is set, and NUM_PROXIES is 0.",
                hint="Set NUM_PROXIES to how many proxies add to X-Forwarded-For: 1, as a rule.",
                id="config.E001",
            )
        ]
    if proxies and not is_behind_proxy:
        # Without a proxy callers choose their address, and no limit holds.
        return [
            Error(
                f"NUM_PROXIES is {proxies}, and BEHIND_TLS_PROXY is not set.",
                hint=(
                    "Set BEHIND_TLS_PROXY=true if there is a proxy that sets X-Forwarded-Proto and"
                    " adds to X-Forwarded-For; else leave NUM_PROXIES out."
                ),
                id="config.E002",
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


@register(Tags.security, deploy=True)
def name_a_mail_server(
    app_configs: Sequence[AppConfig] | None, **_: object
) -> list[checks.Warning]:
    """Return a warning without EMAIL_URL: whoever is invited is added and not told."""
    if settings.SENDS_MAIL:
        return []
    return [
        checks.Warning(
            "EMAIL_URL is not set: nobody is told of an invitation.",
            hint="Set it to your mail server: EMAIL_URL=smtp+tls://user:password@host:587",
            id="config.W002",
        )
    ]
