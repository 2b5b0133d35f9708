"""Directories, as tests connect them."""

from typing import Any

from organizations.models import Membership, Organization, ScimConnection, ScimIdentity
from organizations.scim.connections import issue_token


def connect(organization: Organization, **fields: Any) -> tuple[ScimConnection, str]:
    """Connect a directory to an organization; return the connection and its token."""
    connection = ScimConnection.objects.create(
        organization=organization, **{"name": "Okta", **fields}
    )
    token = issue_token(connection)
    connection.refresh_from_db()
    return connection, token


def manage(member: Membership, **fields: Any) -> ScimIdentity:
    """Have the directory of the member's organization know the member."""
    return ScimIdentity.objects.create(
        organization=member.organization,
        user=member.user,
        **{"user_name": member.user.email, **fields},
    )
