"""Authenticates directories, limits their rates, and says where their leavers' resources pass."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from config.api.errors import TokenInvalidError
from config.api.throttling import AddressRateThrottle, RateThrottle
from organizations.connections.tokens import check_token, note_use
from organizations.guards.transfer_targets import MOST_TARGETS, Targets, is_type
from organizations.models import Connection, ConnectionToken, ConnectionTransfer, Department
from users.authentication import bearer_token

Moment = ConnectionTransfer.Moment


class ConnectionRateThrottle(RateThrottle):
    """Counts requests by the connection that sends them."""

    scope = "connection"

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        super().__init__()

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"throttle_{self.scope}_{self.connection.pk}"


class DirectoryAddressRateThrottle(RateThrottle):
    """Counts all requests of SCIM by the address they come from, which many directories share."""

    scope = "directory_address"


def targets_on_deactivation(connection: Connection) -> Targets:
    """Return the targets of a member's resources when the directory deactivates them."""
    return _targets(connection, connection.transfer_on_deactivate_id, Moment.DEACTIVATE)


def targets_on_removal(connection: Connection) -> Targets:
    """Return the targets of a member's resources when the directory removes them."""
    return _targets(connection, connection.transfer_on_removal_id, Moment.REMOVAL)


def _targets(connection: Connection, default: str | None, moment: Moment) -> Targets:
    transfers = connection.transfers_by_type.filter(moment=moment)
    return Targets(default, dict(transfers.values_list("type", "transferred_to")))


def read_departments(connection: Connection, texts: Iterable[str]) -> dict[str, str]:
    """Return the departments that texts like ``repository=dept_eng`` name, by type.

    Raises ValidationError for a text without a type or a department of the organization, a type
    named twice, and too many types.
    """
    departments = Department.objects.filter(organization=connection.organization_id)
    department_ids = set(departments.values_list("pk", flat=True))
    found: dict[str, str] = {}
    for text in texts:
        type_name, _, department_id = map(str.strip, text.partition("="))
        if not is_type(type_name):
            raise ValidationError(f"{text}: give it as TYPE=DEPARTMENT.")
        if type_name in found:
            raise ValidationError(f"{text}: the type {type_name} is named twice.")
        if department_id not in department_ids:
            raise ValidationError(f"{text}: the organization has no department {department_id}.")
        found[type_name] = department_id
    if len(found) > MOST_TARGETS:
        raise ValidationError(f"At most {MOST_TARGETS} types can have departments of their own.")
    return found


@transaction.atomic
def set_departments(connection: Connection, moment: Moment, departments: Mapping[str, str]) -> None:
    """Set which departments, by type, take over at a moment; all others are deleted."""
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


def authenticate(request: HttpRequest, organization_id: str) -> ConnectionToken:
    """Return the request's token, which must belong to an enabled directory of this organization.

    Raises TokenInvalidError for any other token or none, and Throttled after too many wrong tokens
    from its address or requests of its connection. Notes at most once a minute that the directory
    was seen.
    """
    plain = bearer_token(request)
    try:
        if plain is None:
            raise TokenInvalidError
        token = check_token(Connection.Kind.DIRECTORY, plain)
        directory = token.connection
        if directory.organization_id != organization_id:
            raise TokenInvalidError
    except TokenInvalidError:
        _refuse_beyond_rate(AddressRateThrottle(), request)
        raise
    _refuse_beyond_rate(ConnectionRateThrottle(directory), request)
    note_use(directory)
    return token


def share_connection(token: ConnectionToken) -> Connection:
    """Return a token's connection, locked in share mode: changes of it wait for the transaction.

    Raises TokenInvalidError if the connection was disabled, or the token revoked, since the request
    was authenticated.
    """
    enabled = Connection.objects.enabled().with_token(token.digest).filter(pk=token.pk)
    # Django has no FOR SHARE. PostgreSQL checks the conditions again once it has the lock.
    sql, parameters = enabled.query.sql_with_params()
    for connection in Connection.objects.raw(f"{sql} FOR SHARE", parameters):
        return connection
    raise TokenInvalidError


def count_request(request: HttpRequest) -> None:
    """Count a request before anything is looked up; raises Throttled if its address sends more."""
    _refuse_beyond_rate(DirectoryAddressRateThrottle(), request)


def _refuse_beyond_rate(throttle: RateThrottle, request: HttpRequest) -> None:
    """Count a request; raises Throttled where there were too many."""
    if not throttle.allow_request(request):
        raise Throttled(throttle.wait())
