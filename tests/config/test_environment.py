"""A setting that cannot work ends the process with one line that names it and has an example."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from config import environment

Reader = Callable[[str], Any]


def _cache(name: str) -> Any:
    return environment.cache(name, default="locmemcache://")


def _window(name: str) -> int:
    return environment.number(name, default=90, most=environment.A_CENTURY)


@pytest.mark.parametrize(
    ("read", "name", "text", "line"),
    [
        (environment.days, "RETENTION_DAYS", "0", "days from 1 to 36500. Example: .*=365"),
        (environment.days, "RETENTION_DAYS", "a year", "days from 1 to 36500. Example: .*=365"),
        (environment.days, "RETENTION_DAYS", "9" * 5000, "days from 1 to 36500. Example: .*=365"),
        (_window, "RESTORE_WINDOW_DAYS", "36501", "from 0 to 36500. Example: .*=90"),
        (environment.secret, "METRICS_TOKEN", "short", r"at least 32 .* Example: .*"),
        (environment.secret, "METRICS_TOKEN", f"{'t' * 32} x", r"at least 32 .* Example: .*"),
        *(
            (environment.provider, "OIDC_ISSUER", text, "Example: .*=https://.*")
            for text in (
                *("http://login.acme.example", "login.acme.example", "https://[", "https://a b"),
                *("https://h:x/", "https://h?a=b", "https://u:p@h"),
                "https://h/.well-known/openid-configuration",
            )
        ),
        (environment.domains, "OIDC_DOMAINS", "@acme.example", "Example: .*=acme.example.*"),
        *(
            (environment.hosts, "ALLOWED_HOSTS", text, "without a port. Example: .*")
            for text in (",", "https://a.example", "a.example:443", "a.example b.example", "::1")
        ),
        *(
            (environment.origins, "CSRF_TRUSTED_ORIGINS", text, "Example: .*=https://.*")
            for text in ("a.example", "https://a.example/", "https://a.example/admin")
        ),
        (environment.sender, "EMAIL_FROM", "Offboard", "Example: .*=no-reply@.*"),
        (environment.sender, "EMAIL_FROM", "a@b.example\nBcc: c@d.example", "Example: .*"),
        *(
            (environment.mail, "EMAIL_URL", url, "Example: .*=smtp.*")
            for url in ("smtp+tls://user:password@", "smtp://user:password@mail.example?tls=true")
        ),
        *(
            (
                environment.database,
                "DATABASE_URL",
                f"postgres://u:p@h/d?{option}",
                r"that libpq knows\. Example: .*",
            )
            for option in (
                *("nonsense=1", "pool=true", "connect_timeout=abc", "sslmode=on"),
                *("target_session_attrs=write", "keepalives_idle=abc", "load_balance_hosts=yes"),
                *("autocommit=false", "conn_max_age=long", "conn_health_checks=false"),
            )
        ),
        *(
            (_cache, "CACHE_URL", url, "of a Redis. Example: .*=rediscache://.*")
            for url in (
                *("rediscache://h:port/0", "rediscache://h:6379/abc", "rediscache://"),
                *("memcache://h:11211", "dummycache://", "redis:/x"),
                *("rediscache://h?timeout=abc", "rediscache://h?socket_timeout=1"),
            )
        ),
    ],
    ids=lambda each: each[:70] if isinstance(each, str) else None,
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
        *(
            (environment.provider, issuer, issuer)
            for issuer in ("http://localhost:8080", "https://h.example/realms/a%20b/v2.0/")
        ),
        (environment.secret, f"$ecret{'t' * 32}", f"$ecret{'t' * 32}"),
        (environment.domains, "Acme.example, acme.test,", {"acme.example", "acme.test"}),
        (
            environment.hosts,
            "Offboard.example, .acme.example,127.0.0.1,[::1],*",
            ["offboard.example", ".acme.example", "127.0.0.1", "[::1]", "*"],
        ),
        (
            environment.origins,
            "https://Offboard.example,http://localhost:8000,https://*.acme.example",
            ["https://offboard.example", "http://localhost:8000", "https://*.acme.example"],
        ),
        (environment.sender, "Offboard <a@b.example>", "Offboard <a@b.example>"),
        (environment.sender, "", ""),
        (_window, "36500", 36_500),
        (_window, "", 90),
        (partial(environment.hosts, default="*"), "", ["*"]),
        (partial(environment.flag, default=True), "", True),
        (partial(environment.flag, default=True), "Off", False),
        (partial(environment.given, default=".static"), "", ".static"),
        (environment.given, " ", ""),  # as a key it would be known to all
    ],
    ids=[
        *("no days", "a year", "no token", "for a look", "with a path", "with a dollar"),
        *("domains", "hosts", "origins", "sender"),
        *("no sender", "a century", "no window", "no hosts", "no flag", "a flag", "no folder"),
        "a blank",
    ],
)
def test_what_can_work_is_read(
    monkeypatch: pytest.MonkeyPatch, read: Reader, text: str, value: object
) -> None:
    monkeypatch.setenv("SETTING", text)

    assert read("SETTING") == value


@pytest.mark.parametrize(
    "url",
    [
        "postgres://u:p@h/d?sslmode=verify-full&connect_timeout=5&application_name=offboard",
        "postgres://u:p@one:5432,two:5432/d?target_session_attrs=read-write",
        "postgres://u:p@h/d?options=-c%20lock_timeout%3D5s",
    ],
)
def test_options_of_a_database_are_kept(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SETTING", url)

    assert environment.database("SETTING")["OPTIONS"]


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("rediscache://h:6379/0", "redis://h:6379/0"),
        ("redis://user:password@h", "redis://user:password@h"),
        ("rediss://h:6380/1", "rediss://h:6380/1"),
        ("rediscache:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_a_redis_is_named_by_its_url(
    monkeypatch: pytest.MonkeyPatch, url: str, location: str
) -> None:
    monkeypatch.setenv("SETTING", url)

    assert _cache("SETTING")["LOCATION"] == location
