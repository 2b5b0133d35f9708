"""Directories: known by their tokens, limited, and what passes on when they take members out."""

from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from config.api.errors import TokenInvalidError
from config.api.throttling import AddressRateThrottle, RateThrottle
from config.prepared_statements import fetch_prepared
from organizations.connections.tokens import check_token, note_use
from organizations.guards.targets import Targets
from organizations.models import Connection, ConnectionTransfer

# Behind the lock it is judged again: one that was disabled meanwhile is not among the rows.
_KEEP_ENABLED = """
    SELECT FROM organizations_scimconnection WHERE id = %s AND disabled_at IS NULL FOR SHARE
"""


class ConnectionRateThrottle(RateThrottle):
    """Counts requests by the connection that sends them."""

    scope = "connection"

    def __init__(self, connection: Connection) -> None:
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


def targets_on_deactivation(connection: Connection) -> Targets:
    """Return where what a member owns passes when the directory deactivates them."""
    return Targets(
        connection.transfer_on_deactivate_id,
        _targets_by_type(connection, ConnectionTransfer.Moment.DEACTIVATE),
    )


def targets_on_removal(connection: Connection) -> Targets:
    """Return where what a member owns passes when the directory removes them."""
    return Targets(
        connection.transfer_on_removal_id,
        _targets_by_type(connection, ConnectionTransfer.Moment.REMOVAL),
    )


def _targets_by_type(
    connection: Connection, moment: ConnectionTransfer.Moment
) -> dict[str, str | None]:
    """Return the departments that take over types at a moment."""
    transfers = connection.transfers_by_type.filter(moment=moment)
    return dict(transfers.values_list("type", "transferred_to"))


def authenticate(request: HttpRequest, organization_id: str) -> Connection:
    """Return the enabled connection of this organization whose token the request carries.

    Raises TokenInvalidError for whatever else it carries, nothing included, and Throttled where its
    address has guessed, or its connection asked, too often. That the directory was seen is written
    once a minute at most.
    """
    scheme, _, plain = request.headers.get("Authorization", "").strip().partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise TokenInvalidError
        directory = check_token(Connection.Kind.DIRECTORY, plain.strip()).connection
        if directory.organization_id != organization_id:
            raise TokenInvalidError
    except TokenInvalidError:
        _refuse_beyond_rate(AddressRateThrottle(), request)
        raise
    _refuse_beyond_rate(ConnectionRateThrottle(directory), request)
    note_use(directory)
    return directory


def keep_enabled(connection: Connection) -> None:
    """Keep a connection as it is until the transaction ends: disabling it waits.

    Raises TokenInvalidError where it was disabled since its request was let in.
    """
    if not fetch_prepared(_KEEP_ENABLED, [connection.pk]):
        raise TokenInvalidError


def count_request(request: HttpRequest) -> None:
    """Count a request before anything is looked up; raises Throttled if its address sends more."""
    _refuse_beyond_rate(DirectoryAddressRateThrottle(), request)


def _refuse_beyond_rate(throttle: RateThrottle, request: HttpRequest) -> None:
    """Count a request; raises Throttled where there were too many."""
    if not throttle.allow_request(request):
        raise Throttled(throttle.wait())
