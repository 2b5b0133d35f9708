"""Restorations as tests ask for them."""

from collections.abc import Mapping
from typing import Unpack

from organizations.models import Membership, Restoration
from organizations.restoration.plan import RestorationOutcome
from organizations.restoration.service import preview_restoration, restore_members
from tests.callers import CallerFields, CallerWith
from tests.proof.invariants import broken_invariants


def restore(
    *members: Membership,
    removal_ids: Mapping[str, str] | None = None,
    **caller: Unpack[CallerFields],
) -> list[RestorationOutcome]:
    """Restore former members of one organization; return what became of each."""
    return restore_members(
        members[0].organization_id,
        [member.user_id for member in members],
        removal_ids=removal_ids,
        caller=CallerWith(**caller),
    )


def preview(*members: Membership, **caller: Unpack[CallerFields]) -> list[RestorationOutcome]:
    """Return what their restoration would do."""
    return preview_restoration(
        members[0].organization_id,
        [member.user_id for member in members],
        caller=CallerWith(**caller),
    )


def restored(outcome: RestorationOutcome) -> Restoration:
    """Return the record of a restoration that was done."""
    assert outcome.restoration, outcome.refusal
    return outcome.restoration


def counts(member: Membership) -> tuple[int, int]:
    """Restore somebody; return how many resources came back, and how many did not."""
    [previewed] = preview(member)
    [outcome] = restore(member)
    record = restored(outcome)
    assert restored(previewed).resource_count == record.resource_count
    assert broken_invariants() == []
    return record.resource_count, record.resources_not_restored


def code_of(outcome: RestorationOutcome) -> str:
    """Return what became of one user, in a word."""
    return outcome.refusal.code if outcome.refusal else "restored"


def current(member: Membership) -> Membership:
    """Return the membership that the user has now."""
    return Membership.objects.current().get(
        organization=member.organization_id, user=member.user_id
    )


def role_names(member: Membership) -> list[str]:
    return sorted(member.role_assignments.values_list("role__name", flat=True))
