"""Removals as tests ask for them, and their outcomes in a word."""

from collections.abc import Iterable
from typing import Any

from organizations.guards.targets import TransferTo
from organizations.models import Connection, Membership, Source
from organizations.removal.service import RemovalOutcome, remove_members
from tests.callers import CallerWith


def remove(
    *members: Membership,
    transfer_to: TransferTo = None,
    connection: Connection | None = None,
    **caller: Any,
) -> list[RemovalOutcome]:
    """Remove members of one organization; return what became of each."""
    source = Source.SCIM if connection else Source.ADMIN
    return remove_members(
        members[0].organization_id,
        [member.user_id for member in members],
        transfer_to=transfer_to,
        caller=CallerWith(source=source, connection=connection, **caller),
    )


def codes(outcomes: Iterable[list[RemovalOutcome]]) -> list[str]:
    """Return what became of all of them, in alphabetical order."""
    return sorted(
        outcome.refusal.code if outcome.refusal else "removed"
        for several in outcomes
        for outcome in several
    )
