"""Removals as tests make them, and their outcomes in a word."""

from collections.abc import Iterable
from typing import Unpack

from organizations.guards.transfer_targets import TransferTo
from organizations.models import Membership, Source
from organizations.removal.service import RemovalOutcome, remove_members
from tests.callers import CallerFields, CallerWith


def remove(
    *members: Membership, transfer_to: TransferTo = None, **caller: Unpack[CallerFields]
) -> list[RemovalOutcome]:
    """Remove members of one organization; a connection among the caller's fields is a directory."""
    caller.setdefault("source", Source.SCIM if caller.get("connection") else Source.ADMIN)
    return remove_members(
        members[0].organization_id,
        [member.user_id for member in members],
        transfer_to=transfer_to,
        caller=CallerWith(**caller),
    )


def codes(outcomes: Iterable[list[RemovalOutcome]]) -> list[str]:
    """Return what became of all of them, in alphabetical order."""
    return sorted(
        outcome.refusal.code if outcome.refusal else "removed"
        for several in outcomes
        for outcome in several
    )
