"""Reads settings from the environment; at a value that cannot work, it ends the process."""

import re
import sys
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

YES = frozenset({"true", "1", "yes", "y", "on", "ok"})
NO = frozenset({"false", "0", "no", "n", "off", ""})
A_CENTURY = 36_500  # days
SHORTEST_SECRET = 32  # characters
_POSTGRESQL = ("postgres://", "postgresql://", "psql://", "pgsql://")
_NUMBER = re.compile(r"[0-9]{1,9}")
_SECRET = re.compile(rf"[!-~]{{{SHORTEST_SECRET},}}")  # as a header can have it
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_RATE = re.compile(r"[1-9]\d*/(s|sec|second|m|min|minute|h|hour|d|day)")


def required(name: str, *, example: str) -> str:
    """Return a setting without which nothing works."""
    if not (text := given(name)):
        sys.exit(f"Set the {name} environment variable. Example: {name}={example}")
    return text


def flag(name: str, *, default: bool = False) -> bool:
    """Return a setting that is true or false."""
    if name not in env.ENVIRON:
        return default
    text = given(name).strip().lower()
    if text not in YES | NO:
        refuse(name, "is true or false", example="true")
    return text in YES


def number(name: str, *, default: int) -> int:
    """Return a setting that is a whole number, 0 or more."""
    text = given(name).strip() or str(default)
    if not _NUMBER.fullmatch(text):
        refuse(name, "is a whole number, 0 or more", example=str(default))
    return int(text)


def days(name: str) -> int | None:
    """Return a setting that is a number of days, from 1 to a century; None where it is not set."""
    if not (text := given(name).strip()):
        return None
    if not (_NUMBER.fullmatch(text) and 1 <= int(text) <= A_CENTURY):
        refuse(name, f"is a number of days from 1 to {A_CENTURY}", example="365")
    return int(text)


def secret(name: str) -> str:
    """Return a setting that nobody guesses, or "" where it is not set."""
    text = given(name).strip()
    if text and not _SECRET.fullmatch(text):
        rule = f"is at least {SHORTEST_SECRET} random characters of ASCII, without a blank"
        refuse(name, rule, example="$(openssl rand -hex 32)")
    return text


def provider(name: str) -> str:
    """Return the https address of a login provider, or "" where it is not set."""
    text = given(name).strip()
    parts = urlsplit(text)
    is_local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
    if text and not (parts.hostname and (parts.scheme == "https" or is_local)):
        refuse(name, "is the https address of a provider", example="https://login.acme.example")
    return text


def domains(name: str) -> frozenset[str]:
    """Return the mail domains that a setting lists, separated by commas."""
    listed = [each.strip().lower() for each in given(name).split(",") if each.strip()]
    if not all(_DOMAIN.fullmatch(each) for each in listed):
        refuse(name, "is mail domains, separated by commas", example="acme.example,acme.test")
    return frozenset(listed)


def rate(name: str, *, default: str) -> str | None:
    """Return how many requests may come in how long; None, where it is empty, for any number."""
    text = given(name).strip() if name in env.ENVIRON else default
    if text and not _RATE.fullmatch(text):
        refuse(name, "is a number of requests per s, min, hour or day", example=default)
    return text or None


def proxies() -> int:
    """Return how many proxies in front are trusted: BEHIND_TLS_PROXY and NUM_PROXIES must agree.

    With the first alone, all callers would seem to have the proxy's address: they would have one
    rate together, and anyone could lock staff out. With the second alone, callers could choose
    their address, and no limit would hold.
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

    It is the first host that answers and, with ``target_session_attrs``, can do what that says.
    """
    example = "postgres://user:password@host:5432/database"
    text = required(name, example=example)
    found: dict[str, Any] = {}
    if text.startswith(_POSTGRESQL):
        with suppress(ValueError):  # of a port that is no number
            found = env.db_url_config(text)
    if not found.get("NAME"):
        refuse(name, "is the URL of a PostgreSQL database", example=example)
    return found


def cache(name: str, *, default: str) -> dict[str, Any]:
    """Return Django's settings of the cache that a URL names."""
    text = given(name).strip() or default
    found: dict[str, Any] = {}
    with suppress(ValueError, ImproperlyConfigured):
        found = env.cache_url_config(text)
    if "://" not in text or not found.get("BACKEND"):
        refuse(name, "is the URL of a cache", example="rediscache://host:6379/0")
    return found


def mail(name: str) -> dict[str, Any]:
    """Return Django's settings of the mail server that a URL names; none where it is not set."""
    text = given(name).strip()
    if not text:
        return {}
    found: dict[str, Any] = {}
    with suppress(ValueError, KeyError, ImproperlyConfigured):
        found = env.email_url_config(text)
    if "://" not in text or not found.get("EMAIL_BACKEND"):
        refuse(name, "is the URL of a mail server", example="smtp+tls://user:password@host:587")
    return {key: value for key, value in found.items() if key.startswith("EMAIL_")}


def given(name: str) -> str:
    """Return what a variable is set to, or ""."""
    return str(env.str(name, default=""))


def refuse(name: str, rule: str, *, example: str) -> NoReturn:
    """End the process with one line, which does not repeat the value: it may be a secret."""
    sys.exit(f"The setting {name} {rule}. Example: {name}={example}")
