"""Reads settings from the environment, and ends the process at a value that cannot work."""

import re
import sys
from contextlib import suppress
from email.utils import parseaddr
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg.pq import Conninfo
from redis.connection import parse_url

env = environ.Env()

YES = frozenset({"true", "1", "yes", "y", "on", "ok"})
NO = frozenset({"false", "0", "no", "n", "off"})
A_CENTURY = 36_500  # days
SHORTEST_SECRET = 32  # characters
_POSTGRESQL = ("postgres://", "postgresql://", "psql://", "pgsql://")
_NUMBER = re.compile(r"[0-9]{1,9}")
_SECRET = re.compile(rf"[!-~]{{{SHORTEST_SECRET},}}")  # that fits into a header
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
# As Django reads them: a name; a dot before it includes all names below; * is every name.
_HOST = re.compile(r"\*|\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]")
_ORIGIN = re.compile(r"https?://((\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:\d+)?")
# A provider on the same machine, for a first look, may be without TLS.
_PROVIDER = re.compile(
    r"(https://[a-z0-9-]+(\.[a-z0-9-]+)*|http://(localhost|127\.0\.0\.1))(:\d{1,5})?"
    r"(/(?!\.well-known)[\w.~%:@+-]*)*",
    re.IGNORECASE | re.ASCII,
)
_REDIS_DATABASE = re.compile(r"(/\d*)?")
# Options whose values libpq checks at each connection; of others it checks the name alone.
_VALUES_OF_OPTIONS = {
    **dict.fromkeys(
        (
            *("connect_timeout", "tcp_user_timeout", "keepalives", "keepalives_idle"),
            *("keepalives_interval", "keepalives_count"),
        ),
        _NUMBER,
    ),
    "channel_binding": re.compile("disable|prefer|require"),
    "gssencmode": re.compile("disable|prefer|require"),
    "load_balance_hosts": re.compile("disable|random"),
    "sslmode": re.compile("disable|allow|prefer|require|verify-ca|verify-full"),
    "target_session_attrs": re.compile("any|read-write|read-only|primary|standby|prefer-standby"),
}
_OPTIONS_OF_DJANGO = frozenset({"assume_role", "server_side_binding"})
# Django's own settings of a database, which its URL must not have: the text "false" would count as
# true, and without AUTOCOMMIT nothing would be saved.
_NO_OPTIONS = ("AUTOCOMMIT", "ATOMIC_REQUESTS", "CONN_HEALTH_CHECKS", "DISABLE_SERVER_SIDE_CURSORS")
# The settings of Django's cache that the URL of a Redis may give.
_PARTS_OF_CACHE = frozenset({"BACKEND", "LOCATION", "KEY_PREFIX"})
_RATE = re.compile(r"[1-9]\d*/(s|sec|second|m|min|minute|h|hour|d|day)")


def required(name: str, *, example: str) -> str:
    """Return a setting; end the process where it is not set."""
    if not (text := given(name)):
        sys.exit(f"Set the {name} environment variable. Example: {name}={example}")
    return text


def flag(name: str, *, default: bool = False) -> bool:
    """Return a setting that is true or false."""
    if not (text := given(name).strip().lower()):
        return default
    if text not in YES | NO:
        refuse(name, "is true or false", example="true")
    return text in YES


def number(name: str, *, default: int, most: int | None = None) -> int:
    """Return a setting that is a whole number, 0 or more, and at most ``most``."""
    text = given(name).strip() or str(default)
    if not _NUMBER.fullmatch(text) or (most is not None and int(text) > most):
        rule = "0 or more" if most is None else f"from 0 to {most}"
        refuse(name, f"is a whole number, {rule}", example=str(default))
    return int(text)


def days(name: str) -> int | None:
    """Return a setting that is a number of days, from 1 to a century; None where it is not set."""
    if not (text := given(name).strip()):
        return None
    if not (_NUMBER.fullmatch(text) and 1 <= int(text) <= A_CENTURY):
        refuse(name, f"is a number of days from 1 to {A_CENTURY}", example="365")
    return int(text)


def secret(name: str) -> str:
    """Return a secret that nobody can guess, or "" where it is not set."""
    text = given(name).strip()
    if text and not _SECRET.fullmatch(text):
        rule = f"is at least {SHORTEST_SECRET} random characters of ASCII, without a blank"
        refuse(name, rule, example="$(openssl rand -hex 32)")
    return text


def provider(name: str) -> str:
    """Return the https address of a login provider, or "" where it is not set."""
    text = given(name).strip()
    if text and not _PROVIDER.fullmatch(text):
        refuse(name, "is the https address of a provider", example="https://login.acme.example")
    return text


def domains(name: str) -> frozenset[str]:
    """Return the mail domains that a setting lists."""
    rule = "is mail domains, separated by commas"
    return frozenset(_listed(name, _DOMAIN, rule, example="acme.example,acme.test"))


def hosts(name: str, *, default: str = "") -> list[str]:
    """Return the names by which this application is reached."""
    rule = "is host names, separated by commas, without https:// and without a port"
    example = "offboard.example"
    return _listed(name, _HOST, rule, example=example, default=default) or refuse(
        name, rule, example=example
    )


def origins(name: str) -> list[str]:
    """Return the origins that a setting lists."""
    rule = "is origins, separated by commas: https:// and a host, without a slash at the end"
    return _listed(name, _ORIGIN, rule, example="https://offboard.example")


def sender(name: str) -> str:
    """Return the sender of mail, an address with or without a name, or "" where it is not set."""
    text = given(name).strip()
    if text and not (text.isprintable() and _ADDRESS.fullmatch(parseaddr(text)[1])):
        refuse(name, "is an e-mail address", example="no-reply@offboard.example")
    return text


def _listed(
    name: str, pattern: re.Pattern[str], rule: str, *, example: str, default: str = ""
) -> list[str]:
    """Return what a setting lists, separated by commas, in lower case; each matches the pattern."""
    texts = given(name, default=default).lower().split(",")
    listed = [text.strip() for text in texts if text.strip()]
    if not all(map(pattern.fullmatch, listed)):
        refuse(name, rule, example=example)
    return listed


def rate(name: str, *, default: str) -> str | None:
    """Return how many requests are allowed in which time, or None where it is set to nothing."""
    text = given(name).strip() if name in env.ENVIRON else default
    if text and not _RATE.fullmatch(text):
        refuse(name, "is a number of requests per s, min, hour or day", example=default)
    return text or None


def proxies() -> int:
    """Return the number of trusted proxies in front. BEHIND_TLS_PROXY and NUM_PROXIES must agree.

    With the first alone, all callers would seem to have the proxy's address: they would share one
    rate, and anyone could lock staff out. With the second alone, callers could choose their
    address, and no limit would hold.
    """
    is_behind, count = flag("BEHIND_TLS_PROXY"), number("NUM_PROXIES", default=0)
    if is_behind and not count:
        rule = "is how many proxies add to X-Forwarded-For, since BEHIND_TLS_PROXY is true"
        refuse("NUM_PROXIES", rule, example="1")
    if count and not is_behind:
        rule = "is true where a proxy sets X-Forwarded-Proto; without one, leave NUM_PROXIES out"
        refuse("BEHIND_TLS_PROXY", rule, example="true")
    return count


def database(name: str) -> dict[str, Any]:
    """Return Django's settings of the PostgreSQL database that a URL names, with one host or more.

    libpq connects to the first host that answers and meets ``target_session_attrs``.
    """
    example = "postgres://user:password@host:5432/database"
    text = required(name, example=example)
    found: dict[str, Any] = {}
    if text.startswith(_POSTGRESQL):
        with suppress(ValueError):  # the port is no number
            found = env.db_url_config(text)
    if not found.get("NAME"):
        refuse(name, "is the URL of a PostgreSQL database", example=example)
    if (
        not all(_is_option(*option) for option in found.get("OPTIONS", {}).items())
        or not found.keys().isdisjoint(_NO_OPTIONS)
        or not isinstance(found.get("CONN_MAX_AGE", 0), int)
    ):
        rule = "is the URL of a PostgreSQL database, with options that libpq knows"
        refuse(name, rule, example=f"{example}?sslmode=require")
    return found


def _is_option(option: str, value: object) -> bool:
    """Return whether a connection can have this option with this value."""
    options = {each.keyword.decode() for each in Conninfo.get_defaults()} | _OPTIONS_OF_DJANGO
    pattern = _VALUES_OF_OPTIONS.get(option)
    return option in options and (pattern is None or bool(pattern.fullmatch(str(value))))


def cache(name: str, *, default: str) -> dict[str, Any]:
    """Return Django's settings of the cache that a URL names: a Redis, or one per process."""
    text = given(name).strip() or default
    found: dict[str, Any] = {}
    with suppress(ValueError, ImproperlyConfigured):
        found = env.cache_url_config(text)
    kind = str(found.get("BACKEND", "")).rpartition(".")[2]
    # django-environ passes other options on in capital letters, which no Redis client knows.
    is_redis = (
        "://" in text
        and kind == "RedisCache"
        and (found.keys() - {"OPTIONS"}) <= _PARTS_OF_CACHE
        and not found.get("OPTIONS")
        and _is_redis(found["LOCATION"])
    )
    if kind != "LocMemCache" and not is_redis:
        refuse(name, "is the URL of a Redis", example="rediscache://host:6379/0")
    return found


def _is_redis(url: object) -> bool:
    """Return whether this is the URL of a Redis, or of one of its databases."""
    with suppress(ValueError):
        found = parse_url(str(url))  # type: ignore[no-untyped-call]
        if "path" in found:  # a socket
            return True
        return "host" in found and bool(_REDIS_DATABASE.fullmatch(urlsplit(str(url)).path))
    return False


def mail(name: str) -> dict[str, Any]:
    """Return Django's settings of the mail server that a URL names; none where it is not set."""
    text = given(name).strip()
    if not text:
        return {}
    found: dict[str, Any] = {}
    with suppress(ValueError, KeyError, ImproperlyConfigured):
        found = env.email_url_config(text)
    is_smtp = str(found.get("EMAIL_BACKEND", "")).endswith(".smtp.EmailBackend")
    lacks_host = is_smtp and not found.get("EMAIL_HOST")
    # django-environ ignores options, such as ?tls=true, or takes the text "false" for true.
    if "://" not in text or "?" in text or not found.get("EMAIL_BACKEND") or lacks_host:
        refuse(name, "is the URL of a mail server", example="smtp+tls://user:password@host:587")
    return {key: value for key, value in found.items() if key.startswith("EMAIL_")}


def given(name: str, *, default: str = "") -> str:
    """Return the text of a variable, or the default where it is blank or not set.

    A text that begins with ``$`` stays: django-environ would take it for another variable's name.
    """
    text = str(env.ENVIRON.get(name, ""))
    return text if text.strip() else default


def refuse(name: str, rule: str, *, example: str) -> NoReturn:
    """End the process with one line; it does not repeat the value, which may be a secret."""
    sys.exit(f"The setting {name} {rule}. Example: {name}={example}")
