"""What a setting that cannot work ends with: one line, which names it and has an example."""

from collections.abc import Callable
from typing import Any

import pytest

from config import environment

Reader = Callable[[str], Any]


@pytest.mark.parametrize(
    ("read", "name", "text", "line"),
    [
        (environment.days, "RETENTION_DAYS", "0", "days from 1 to 36500. Example: .*=365"),
        (environment.days, "RETENTION_DAYS", "a year", "days from 1 to 36500. Example: .*=365"),
        (environment.days, "RETENTION_DAYS", "9" * 5000, "days from 1 to 36500. Example: .*=365"),
        (environment.secret, "METRICS_TOKEN", "short", r"at least 32 .* Example: .*"),
        (environment.secret, "METRICS_TOKEN", f"{'t' * 32} x", r"at least 32 .* Example: .*"),
        (
            environment.provider,
            "OIDC_ISSUER",
            "http://login.acme.example",
            "Example: .*=https://.*",
        ),
        (environment.provider, "OIDC_ISSUER", "login.acme.example", "Example: .*=https://.*"),
        (environment.domains, "OIDC_DOMAINS", "@acme.example", "Example: .*=acme.example.*"),
    ],
    ids=lambda each: each[:10] if isinstance(each, str) else None,
)
def test_what_cannot_work_is_refused(
    monkeypatch: pytest.MonkeyPatch, read: Reader, name: str, text: str, line: str
) -> None:
    monkeypatch.setenv(name, text)

    with pytest.raises(SystemExit, match=f"^The setting {name} is .*{line}$"):
        read(name)


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (environment.days, "", None),
        (environment.days, " 365 ", 365),
        (environment.secret, "", ""),
        (environment.provider, "http://localhost:8080", "http://localhost:8080"),
        (environment.domains, "Acme.example, acme.test,", {"acme.example", "acme.test"}),
    ],
    ids=["no days", "a year", "no token", "for a look", "domains"],
)
def test_what_can_work_is_read(
    monkeypatch: pytest.MonkeyPatch, read: Reader, text: str, value: object
) -> None:
    monkeypatch.setenv("SETTING", text)

    assert read("SETTING") == value
