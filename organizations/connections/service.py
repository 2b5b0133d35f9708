"""Makes, rotates and revokes the connections of programs.

Each function is one transaction that locks the caller's authority, then the connection. Each raises
the ContractError of a caller who may not do it.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from config.retries import retried
from organizations.capabilities import Capability
from organizations.connections.tokens import issue_token
from organizations.exceptions import (
    ConnectionNotFoundError,
    InsufficientPermissionsError,
    TooManyConnectionsError,
)
from organizations.guards.acts import MANAGE_CONNECTIONS
from organizations.guards.caller import Caller
from organizations.locks import admit
from organizations.models import Connection, Organization

MOST_CONNECTIONS = 100  # enabled ones of an organization


@retried
@transaction.atomic
def create_connection(
    organization_id: str,
    *,
    name: str,
    capabilities: Collection[Capability],
    expires_at: datetime | None = None,
    caller: Caller,
) -> tuple[Connection, str]:
    """Connect a program, by default for 365 days; return the connection and its first token.

    The token is shown only once. Locks the organization, so that the count holds. Raises
    TooManyConnectionsError.
    """
    admit(organization_id, caller=caller, act=MANAGE_CONNECTIONS)
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    if organization.connections.enabled().count() >= MOST_CONNECTIONS:
        raise TooManyConnectionsError({"limit": MOST_CONNECTIONS})
    connection = Connection(
        kind=Connection.Kind.API,
        organization=organization,
        name=name,
        capabilities=sorted(capabilities),
        expires_at=expires_at,
        created_by=caller.actor,
    )
    connection.clean()
    connection.save(force_insert=True)
    return connection, issue_token(connection)


@retried
@transaction.atomic
def rotate_token(
    organization_id: str, connection_id: str, *, revoke_old: bool, caller: Caller
) -> tuple[Connection, str]:
    """Give a connection another token, as `issue_token`; return both.

    Raises ConnectionNotFoundError, also for a revoked connection.
    """
    connection = _lock(organization_id, connection_id, caller)
    token = issue_token(connection, shown_to=caller.actor, revoke_old=revoke_old)
    connection.refresh_from_db()
    return connection, token


@retried
@transaction.atomic
def revoke_connection(organization_id: str, connection_id: str, *, caller: Caller) -> None:
    """End a connection for good: its tokens stop working. It stays on record.

    Waits for requests of the connection that change something. Raises ConnectionNotFoundError.
    """
    disable(_lock(organization_id, connection_id, caller))


@transaction.atomic
def disable(connection: Connection) -> bool:
    """End a connection; return whether that changed anything.

    Clears the departments to which a directory's resources pass: nobody could clear them later, and
    a department that is named here cannot be deleted.
    """
    enabled = Connection.objects.enabled().filter(pk=connection.pk)
    is_changed = enabled.update(
        disabled_at=timezone.now(), transfer_on_deactivate=None, transfer_on_removal=None
    )
    if is_changed:
        connection.transfers_by_type.all().delete()
    return bool(is_changed)


def _lock(organization_id: str, connection_id: str, caller: Caller) -> Connection:
    """Lock and return a program's connection.

    Raises ConnectionNotFoundError, InsufficientPermissionsError for a directory's, and as `admit`.
    """
    admit(organization_id, caller=caller, act=MANAGE_CONNECTIONS)
    enabled = Connection.objects.select_for_update(no_key=True).named(connection_id).enabled()
    connection = enabled.filter(organization=organization_id).first()
    if connection is None:
        raise ConnectionNotFoundError({"connection_id": connection_id})
    if connection.is_directory:
        raise InsufficientPermissionsError(
            {"connection_id": connection_id},
            system_message="a directory may rename accounts: its tokens are given by staff alone.",
        )
    return connection
