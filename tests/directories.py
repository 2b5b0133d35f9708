"""Directories as tests connect them."""

from collections.abc import Collection
from typing import Any

from organizations.connections.tokens import issue_token
from organizations.domains.service import add_domains
from organizations.models import Connection, Membership, Organization, ScimIdentity

# The domains of the accounts that tests make, and of the people that their directories add.
DOMAINS = ("example.com", "work.example", "acme.example")


def connect(
    organization: Organization, domains: Collection[str] = DOMAINS, **fields: Any
) -> tuple[Connection, str]:
    """Connect a directory to an organization; return the connection and its token.

    It may make accounts of these domains, which other organizations may also have.
    """
    add_domains(organization.pk, domains, shared=domains)
    connection = Connection.objects.create(organization=organization, **{"name": "Okta", **fields})
    token = issue_token(connection)
    connection.refresh_from_db()
    return connection, token


def manage(member: Membership, **fields: Any) -> ScimIdentity:
    """Have the directory of the member's organization manage the member."""
    connections = (
        Connection.objects.directories().enabled().filter(organization=member.organization)
    )
    return ScimIdentity.objects.create(
        organization=member.organization,
        user=member.user,
        **{"connection": connections.first(), "user_name": member.user.email, **fields},
    )
