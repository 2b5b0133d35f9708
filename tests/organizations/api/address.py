"""Where a member is found in the API."""

from organizations.models import Membership


def address_of(member: Membership) -> str:
    """Return the path of a member, or of somebody who was one."""
    return f"/v1/organizations/{member.organization_id}/users/{member.user_id}"
