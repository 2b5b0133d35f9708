"""Connections of directories: given tokens, known by them, and disabled."""

import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from redis import RedisError
from rest_framework.exceptions import Throttled

from config.api.throttling import AddressRateThrottle, RateThrottle
from config.identifiers import is_id
from organizations.models import ScimConnection
from users.exceptions import TokenInvalidError
from users.models.access_token import digest_of

TOKEN_PREFIX = "offboard_scim_"  # noqa: S105 (not a secret: lets scanners recognise a leaked token)
PREVIOUS_TOKEN_WORKS = timedelta(hours=24)
SEEN_TO = timedelta(minutes=1)
WORKED_LATELY = timedelta(hours=1)


class ConnectionRateThrottle(RateThrottle):
    """Counts requests by the connection that sends them."""

    scope = "connection"

    def __init__(self, connection: ScimConnection) -> None:
        self.connection = connection
        super().__init__()

    def get_cache_key(self, request: Any, view: Any) -> str:
        """Return the key that this connection's requests are counted under."""
        return f"throttle_connection_{self.connection.pk}"


class AddressRateCheck(AddressRateThrottle):
    """Asks whether an address is within its rate, and does not count the request."""

    def throttle_success(self) -> bool:
        """Let the request pass."""
        return True


def issue_token(connection: ScimConnection) -> str:
    """Give an enabled connection its first token, or another; return it: it cannot be had again.

    The token before works for 24 hours more, the one before that no longer. Raises DoesNotExist for
    a connection that is disabled.
    """
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    previous: dict[str, Any] = {}
    if connection.token_digest:
        previous["previous_token_digest"] = F("token_digest")
        previous["previous_token_until"] = timezone.now() + PREVIOUS_TOKEN_WORKS
    enabled = ScimConnection.objects.enabled().filter(pk=connection.pk)
    if not enabled.update(token_digest=digest_of(token), **previous):
        raise ScimConnection.DoesNotExist
    return token


def disable(connection: ScimConnection) -> bool:
    """Let a directory in no more; tell whether that changed anything. It is not enabled again."""
    enabled = ScimConnection.objects.enabled().filter(pk=connection.pk)
    return bool(enabled.update(disabled_at=timezone.now()))


def authenticate(request: HttpRequest, organization_id: str) -> ScimConnection:
    """Return the enabled connection of this organization whose token the request carries.

    Raises TokenInvalidError for whatever else it carries, nothing included, and Throttled where its
    address has guessed, or its connection asked, too often. From such an address only a token that
    worked within the last hour is looked up: its neighbours do not keep a directory out. That the
    directory was seen is written once a minute.
    """
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    strangers = AddressRateCheck()
    if not strangers.allow_request(request) and not cache.get(_key_of(token)):
        raise Throttled(strangers.wait())
    connection = _find_connection(organization_id) if token.startswith(TOKEN_PREFIX) else None
    if connection is None or not _is_token_of(connection, token):
        count_stranger(request)
        raise TokenInvalidError
    _refuse_beyond_rate(ConnectionRateThrottle(connection), request)
    _note_request(connection, token)
    return connection


def count_stranger(request: HttpRequest) -> None:
    """Count a request that no connection sent. Raises Throttled where its address sent too many."""
    _refuse_beyond_rate(AddressRateThrottle(), request)


def _find_connection(organization_id: str) -> ScimConnection | None:
    """Return the enabled connection of an organization, if it has one."""
    if not is_id("org", organization_id):
        return None
    return ScimConnection.objects.enabled().filter(organization=organization_id).first()


def _is_token_of(connection: ScimConnection, token: str) -> bool:
    """Tell whether it is the connection's token, or the one before while that works."""
    digests = [connection.token_digest]
    until = connection.previous_token_until
    if connection.previous_token_digest and until and timezone.now() < until:
        digests.append(connection.previous_token_digest)
    digest = digest_of(token)
    return any(constant_time_compare(digest, bytes(known)) for known in digests)


def _key_of(token: str) -> str:
    """Return the key under which the cache has it that a token worked lately."""
    return f"scim_token_{digest_of(token).hex()}"


def _note_request(connection: ScimConnection, token: str) -> None:
    """Write when the directory was last seen, to the minute, and that its token works."""
    now = timezone.now()
    seen = connection.last_request_at
    if seen is None or now - seen >= SEEN_TO:
        ScimConnection.objects.filter(
            Q(last_request_at=None) | Q(last_request_at__lte=now - SEEN_TO), pk=connection.pk
        ).update(last_request_at=now)
        with suppress(RedisError, OSError):  # the cache is away, and no rate is counted
            cache.set(_key_of(token), True, WORKED_LATELY.total_seconds())


def _refuse_beyond_rate(throttle: RateThrottle, request: HttpRequest) -> None:
    """Count a request; raises Throttled where there were too many."""
    if not throttle.allow_request(request):
        raise Throttled(throttle.wait())
