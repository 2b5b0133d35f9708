"""Ada, a member whom a directory finds, and the directory that succeeds it."""

from organizations.connections.service import disable
from organizations.models import Membership
from tests.factories import MembershipFactory
from tests.organizations.scim.caller import Directory

ADA = "ada@example.com"


def found(directory: Directory, query: str) -> list[str]:
    """Return the ids of the users that a look-up finds."""
    answer = directory.send("GET", f"/Users?filter={query}")
    assert answer.status == 200, answer.body
    return [user["id"] for user in answer.body.get("Resources", [])]


def member_of(directory: Directory) -> Membership:
    return Membership.objects.current().get(
        organization=directory.connection.organization_id, user__email=ADA
    )


def a_member_by_hand(directory: Directory) -> Directory:
    MembershipFactory.create(
        organization=directory.connection.organization, user__email=ADA, user__full_name="Augusta"
    )
    return directory


def successor_of(directory: Directory) -> Directory:
    """Disable a directory's connection; return the one that takes its place."""
    disable(directory.connection)
    return Directory.of(directory.connection.organization)
