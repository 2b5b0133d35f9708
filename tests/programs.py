"""Programs as tests connect them."""

from typing import Any

from rest_framework.test import APIClient

from organizations.connections.tokens import issue_token
from organizations.models import Connection, Organization


def connect_program(
    organization: Organization, *capabilities: str, **fields: Any
) -> tuple[Connection, str]:
    """Connect a program with these capabilities; return the connection and its token."""
    connection = Connection(
        kind=Connection.Kind.API,
        organization=organization,
        capabilities=list(capabilities),
        **{"name": "HR system", **fields},
    )
    connection.clean()
    connection.save()
    token = issue_token(connection)
    connection.refresh_from_db()
    return connection, token


def program_of(organization: Organization, *capabilities: str) -> APIClient:
    """Connect a program with these capabilities; return its client."""
    return client_with(connect_program(organization, *capabilities)[1])


def client_with(token: str) -> APIClient:
    """Return a client that sends this token."""
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
