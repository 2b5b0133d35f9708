"""Members who were removed before the test begins."""

from organizations.capabilities import ALL_CAPABILITIES
from organizations.models import Membership, Removal
from organizations.removal.service import remove_members
from users.models import User


def remove(
    *members: Membership,
    transfer_to: str | None = None,
    actor: User | None = None,
    trace_id: str = "",
) -> None:
    """Remove each member from their organization."""
    for member in members:
        [outcome] = remove_members(
            member.organization_id,
            [member.user_id],
            transfer_to=transfer_to,
            actor=actor,
            source=Removal.Source.ADMIN,
            authority=ALL_CAPABILITIES,
            trace_id=trace_id,
        )
        assert outcome.removal_id, outcome.refusal
