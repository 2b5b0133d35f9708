"""What settings must not say together."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Error, Tags, register


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
