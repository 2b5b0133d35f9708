"""Deactivations as tests make them, and their outcomes in a word."""

from collections.abc import Callable, Iterable
from typing import Unpack

from organizations.deactivation.service import (
    DeactivationOutcome,
    deactivate_members,
    reactivate_members,
)
from organizations.guards.transfer_targets import TransferTo
from organizations.models import Membership
from tests.callers import CallerFields, CallerWith

Change = Callable[..., list[DeactivationOutcome]]


def deactivate(
    *members: Membership, transfer_to: TransferTo = None, **caller: Unpack[CallerFields]
) -> list[DeactivationOutcome]:
    """Deactivate members of one organization; return what became of each."""
    return deactivate_members(
        members[0].organization_id,
        [member.user_id for member in members],
        transfer_to=transfer_to,
        caller=CallerWith(**caller),
    )


def reactivate(*members: Membership, **caller: Unpack[CallerFields]) -> list[DeactivationOutcome]:
    """Reactivate members of one organization; return what became of each."""
    return reactivate_members(
        members[0].organization_id,
        [member.user_id for member in members],
        caller=CallerWith(**caller),
    )


def states(outcomes: Iterable[list[DeactivationOutcome]]) -> list[str]:
    """Return what became of all of them, in alphabetical order."""
    return sorted(
        outcome.refusal.code if outcome.refusal else "done"
        for several in outcomes
        for outcome in several
    )
