"""The service as tests of what happens at once call it, and its answers in a word."""

from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.models import Membership, Removal
from organizations.removal.outcome import RemovalOutcome
from organizations.removal.service import remove_members


def remove(
    *members: Membership,
    transfer_to: str | None = None,
    authority: frozenset[Capability] = ALL_CAPABILITIES,
) -> list[RemovalOutcome]:
    """Remove members of one organization; return what became of each."""
    return remove_members(
        members[0].organization_id,
        [member.user_id for member in members],
        transfer_to=transfer_to,
        actor=None,
        source=Removal.Source.COMMAND,
        authority=authority,
    )


def codes(outcomes: list[list[RemovalOutcome]]) -> list[str]:
    """Return what became of all of them, in alphabetical order."""
    return sorted(
        outcome.refusal.code if outcome.refusal else "removed"
        for several in outcomes
        for outcome in several
    )
