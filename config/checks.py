"""System checks of what a deployment should set (``check --deploy``)."""

from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.checks import Tags, register

SHORTEST_KEY = 50  # characters, as Django requires of SECRET_KEY


@register(Tags.security, deploy=True)
def give_webhooks_a_key(**_: object) -> list[checks.Warning]:
    """Warn where WEBHOOK_KEY is missing or short: SECRET_KEY then decides the webhooks' secrets."""
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
def name_a_mail_server(**_: object) -> list[checks.Warning]:
    """Warn where EMAIL_URL is missing: people who are invited are added, but not told."""
    if settings.SENDS_MAIL:
        return []
    return [
        checks.Warning(
            "EMAIL_URL is not set: nobody is told of an invitation.",
            hint="Set it to your mail server: EMAIL_URL=smtp+tls://user:password@host:587",
            id="config.W002",
        )
    ]


@register(Tags.staticfiles, deploy=True)
def collect_static_files(**_: object) -> list[checks.Warning]:
    """Warn where STATIC_ROOT has no collected files: every page of the admin fails."""
    if settings.DEBUG or (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        return []
    return [
        checks.Warning(
            "STATIC_ROOT has no collected files: the pages of the admin fail.",
            hint="Run: manage.py collectstatic --no-input",
            id="config.W003",
        )
    ]
