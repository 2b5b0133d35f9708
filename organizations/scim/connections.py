"""Connections of directories: given tokens, known by them, and disabled."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection as db_connection
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework.exceptions import Throttled

from config.api.errors import TokenInvalidError
from config.api.throttling import AddressRateThrottle, RateThrottle
from config.identifiers import is_id
from config.prepared_statements import fetch_prepared
from organizations.guards.targets import MOST_TYPES, Targets, is_type
from organizations.models import ConnectionTransfer, Department, ScimConnection
from users.models.access_token import digest_of

TOKEN_PREFIX = "offboard_scim_"  # noqa: S105 (not a secret: lets scanners recognise a leaked token)
PREVIOUS_TOKEN_WORKS = timedelta(hours=24)
SEEN_TO = timedelta(minutes=1)

# A request that changes something holds the row until it ends: none waits for it here.
_NOTE_REQUEST = """
    UPDATE organizations_scimconnection SET last_request_at = %(now)s
    WHERE id = (
        SELECT id FROM organizations_scimconnection
        WHERE id = %(id)s AND (last_request_at IS NULL OR last_request_at <= %(unseen)s)
        FOR NO KEY UPDATE SKIP LOCKED
    )
"""
# Behind the lock it is judged again: one that was disabled meanwhile is not among the rows.
_KEEP_ENABLED = """
    SELECT FROM organizations_scimconnection WHERE id = %s AND disabled_at IS NULL FOR SHARE
"""


class ConnectionRateThrottle(RateThrottle):
    """Counts requests by the connection that sends them."""

    scope = "connection"

    def __init__(self, connection: ScimConnection) -> None:
        self.connection = connection
        super().__init__()

    def get_cache_key(self, request: Any, view: Any) -> str:
        """Return the key that this connection's requests are counted under."""
        return f"throttle_connection_{self.connection.pk}"


class DirectoryAddressRateThrottle(RateThrottle):
    """Counts all requests of SCIM by the address they come from, which many directories share."""

    scope = "directory_address"

    def get_cache_key(self, request: Any, view: Any) -> str:
        """Return the key that this address's requests are counted under."""
        return f"throttle_directory_address_{self.get_ident(request)}"


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


def targets_on_deactivation(connection: ScimConnection) -> Targets:
    """Return where what a member owns passes when the directory deactivates them."""
    return Targets(
        connection.transfer_on_deactivate_id,
        _targets_by_type(connection, ConnectionTransfer.Moment.DEACTIVATE),
    )


def targets_on_removal(connection: ScimConnection) -> Targets:
    """Return where what a member owns passes when the directory removes them."""
    return Targets(
        connection.transfer_on_removal_id,
        _targets_by_type(connection, ConnectionTransfer.Moment.REMOVAL),
    )


def _targets_by_type(
    connection: ScimConnection, moment: ConnectionTransfer.Moment
) -> dict[str, str | None]:
    """Return the departments that take over types at a moment."""
    transfers = connection.transfers_by_type.filter(moment=moment)
    return dict(transfers.values_list("type", "transferred_to"))


def read_departments(connection: ScimConnection, texts: Iterable[str]) -> dict[str, str]:
    """Return the departments that texts like ``repository=dept_eng`` name, by type.

    Raises ValidationError for what names no type, no department of the organization, one type twice
    or too many types.
    """
    departments = Department.objects.filter(organization=connection.organization_id)
    known = set(departments.values_list("pk", flat=True))
    found: dict[str, str] = {}
    for text in texts:
        type_name, _, department_id = map(str.strip, text.partition("="))
        if not is_type(type_name):
            raise ValidationError(f"{text}: give it as TYPE=DEPARTMENT.")
        if type_name in found:
            raise ValidationError(f"{text}: the type {type_name} is named twice.")
        if department_id not in known:
            raise ValidationError(f"{text}: the organization has no department {department_id}.")
        found[type_name] = department_id
    if len(found) > MOST_TYPES:
        raise ValidationError(f"At most {MOST_TYPES} types can have departments of their own.")
    return found


@transaction.atomic
def set_departments(
    connection: ScimConnection, moment: ConnectionTransfer.Moment, departments: Mapping[str, str]
) -> None:
    """Have these departments, by type, take over at a moment, and no others."""
    connection.transfers_by_type.filter(moment=moment).delete()
    ConnectionTransfer.objects.bulk_create(
        ConnectionTransfer(
            connection=connection,
            organization_id=connection.organization_id,
            moment=moment,
            type=type_name,
            transferred_to_id=department_id,
        )
        for type_name, department_id in departments.items()
    )


def disable(connection: ScimConnection) -> bool:
    """Let a directory in no more; tell whether that changed anything. It is not enabled again."""
    enabled = ScimConnection.objects.enabled().filter(pk=connection.pk)
    return bool(enabled.update(disabled_at=timezone.now()))


def authenticate(request: HttpRequest, organization_id: str) -> ScimConnection:
    """Return the enabled connection of this organization whose token the request carries.

    Raises TokenInvalidError for whatever else it carries, nothing included, and Throttled where its
    address has guessed, or its connection asked, too often. That the directory was seen is written
    once a minute at most.
    """
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    connection = _find_connection(organization_id)
    if (
        connection is None
        or scheme.lower() != "bearer"
        or not _is_token_of(connection, token.strip())
    ):
        _refuse_beyond_rate(AddressRateThrottle(), request)
        raise TokenInvalidError
    _refuse_beyond_rate(ConnectionRateThrottle(connection), request)
    _note_request(connection)
    return connection


def keep_enabled(connection: ScimConnection) -> None:
    """Keep a connection as it is until the transaction ends: disabling it waits.

    Raises TokenInvalidError where it was disabled since its request was let in.
    """
    if not fetch_prepared(_KEEP_ENABLED, [connection.pk]):
        raise TokenInvalidError


def count_request(request: HttpRequest) -> None:
    """Count a request before anything is looked up; raises Throttled if its address sends more."""
    _refuse_beyond_rate(DirectoryAddressRateThrottle(), request)


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


def _note_request(connection: ScimConnection) -> None:
    """Write when the directory was last seen, to the minute."""
    now = timezone.now()
    seen = connection.last_request_at
    if seen is None or now - seen >= SEEN_TO:
        with db_connection.cursor() as cursor:
            cursor.execute(
                _NOTE_REQUEST, {"id": connection.pk, "now": now, "unseen": now - SEEN_TO}
            )


def _refuse_beyond_rate(throttle: RateThrottle, request: HttpRequest) -> None:
    """Count a request; raises Throttled where there were too many."""
    if not throttle.allow_request(request):
        raise Throttled(throttle.wait())
