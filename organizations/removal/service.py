"""Removes one member or many, for every caller."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from config.errors import ContractError
from config.identifiers import generate_id
from config.prepared_statements import fetch_prepared
from config.retries import retried
from organizations.application_log import log_on_commit
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Caller
from organizations.guards.judge import (
    CALLER_REFUSED,
    GUARDS,
    Rules,
    find_not_members,
    guard_parameters,
    refusal_of,
    refusal_of_caller,
)
from organizations.guards.transfer_targets import Targets, TransferTo, heirs_of, targets_by_user
from organizations.handover import OPENING
from organizations.locks import lock_members
from organizations.models import Event, Removal
from organizations.removal.preview import RemovalPreview, preview_removal

REMOVAL = Path(__file__).with_name("removal.sql").read_text(encoding="utf-8")
OUTCOMES = Path(__file__).with_name("outcomes.sql").read_text(encoding="utf-8")
DECIDE_AND_REMOVE = f"WITH {GUARDS}, {REMOVAL}, {OPENING} {OUTCOMES}"
# Takes the preview of a removal; returns why it may not happen, or None.
Condition = Callable[[RemovalPreview], ContractError | None]


@dataclass(frozen=True, slots=True)
class RemovalOutcome:
    """The outcome for one user: ``removal_id`` if they were removed, else ``refusal``.

    If they were refused because they had been removed before, ``earlier`` is that removal.
    """

    user_id: str
    removal_id: str | None = None
    role_count: int = 0
    department_count: int = 0
    resource_count: int = 0
    refusal: ContractError | None = None
    earlier: Removal | None = None


@retried
def remove_members(
    organization_id: str,
    user_ids: Collection[str],
    *,
    transfer_to: TransferTo,
    caller: Caller,
    requested_at: datetime | None = None,
    condition: Condition | None = None,
) -> list[RemovalOutcome]:
    """Remove users from an organization; return one outcome per user, in the order given.

    Their role assignments and department memberships are deleted, their memberships soft-deleted,
    and their resources there pass to ``transfer_to``, the id of a department or of an heir, or
    targets by type, either for all or by user id; without a target they stay theirs. The enabled
    steps of the organization open a task each, for what is to be done elsewhere. A user who
    cannot be removed is refused, and the others are still removed. Raises the ContractError of a
    caller who may remove nobody; if it raises, nothing has changed. It does not touch accounts,
    tokens and other organizations. The record says that a scheduled removal was ``requested_at``
    this time. The ``condition`` can refuse a user whom nothing else refuses: it is called after the
    locks, with the preview of that moment.
    """
    targets = targets_by_user(transfer_to, user_ids)
    user_ids = list(dict.fromkeys(user_ids))
    with transaction.atomic():
        locked = lock_members(organization_id, [*user_ids, *heirs_of(targets)], caller=caller)
        members = {user_id: locked[user_id] for user_id in user_ids if user_id in locked}
        # Before the removal, since the caller may be one of the leavers.
        not_members = find_not_members(
            organization_id, user_ids, members, caller=caller, act=REMOVE
        )
        refused = _refused_by(condition, organization_id, members, targets, caller)
        outcomes = _decide_and_remove(
            organization_id,
            {user_id: pk for user_id, pk in members.items() if user_id not in refused},
            user_ids,
            locked,
            targets,
            caller,
            requested_at,
        )
        for user_id, refusal in refused.items():
            outcomes[user_id] = RemovalOutcome(user_id, refusal=refusal)
        for user_id, not_member in not_members.items():
            outcomes[user_id] = RemovalOutcome(
                user_id, refusal=not_member.refusal, earlier=not_member.removal
            )
        in_order = [outcomes[user_id] for user_id in user_ids]
        _log(organization_id, in_order, caller)
    return in_order


def _refused_by(
    condition: Condition | None,
    organization_id: str,
    members: Mapping[str, int],
    targets: Mapping[str, Targets],
    caller: Caller,
) -> dict[str, ContractError]:
    """Return, by user id, the refusals of locked members whom the condition alone refuses."""
    if condition is None or not members:
        return {}
    previews = preview_removal(organization_id, members, caller=caller, transfer_to=targets)
    return {
        preview.membership.user_id: refusal
        for preview in previews
        if preview.can_be_removed and (refusal := condition(preview))
    }


def _decide_and_remove(
    organization_id: str,
    members: Mapping[str, int],
    user_ids: Collection[str],
    locked: Collection[str],
    targets: Mapping[str, Targets],
    caller: Caller,
    requested_at: datetime | None,
) -> dict[str, RemovalOutcome]:
    """Remove the locked members whom the guards do not refuse; return outcomes by user id."""
    if not members:
        return {}
    removal_ids = {user_id: generate_id("rem") for user_id in members}
    users = {removal_id: user_id for user_id, removal_id in removal_ids.items()}
    guards = guard_parameters(
        organization_id,
        members,
        caller=caller,
        act=REMOVE,
        rules=Rules.REMOVAL,
        leaving=user_ids,
        locked=locked,
        targets=targets,
        removal_ids=removal_ids,
    )
    record = {
        "requested_at": requested_at,
        "removed_at": timezone.now(),
        "reason": caller.reason,
        "event_type": Event.Type.MEMBER_REMOVED.value,
        **caller.columns,
    }
    outcomes = {}
    for removal_id, code, lacking, missed_types, *counts in fetch_prepared(
        DECIDE_AND_REMOVE, {**guards, **record}
    ):
        if code == CALLER_REFUSED:
            raise refusal_of_caller(organization_id, caller, REMOVE, user_ids)
        user_id = users[removal_id]
        if code:
            refusal = refusal_of(
                code, organization_id, user_id, lacking, targets.get(user_id), missed_types
            )
            outcomes[user_id] = RemovalOutcome(user_id, refusal=refusal)
        else:
            outcomes[user_id] = RemovalOutcome(user_id, removal_id, *counts)
    return outcomes


def _log(organization_id: str, outcomes: Iterable[RemovalOutcome], caller: Caller) -> None:
    """Log the events that removal.sql wrote, with counts, once they are committed."""
    log_on_commit(
        "member_removed",
        caller.source,
        (
            {
                **caller.event(
                    Event.Type.MEMBER_REMOVED,
                    organization_id,
                    id=outcome.removal_id.replace("rem", "evt", 1),  # as in removal.sql
                    user_id=outcome.user_id,
                    data={"removal_id": outcome.removal_id},
                ).log_fields(),
                "roles": outcome.role_count,
                "departments": outcome.department_count,
                "resources": outcome.resource_count,
            }
            for outcome in outcomes
            if outcome.removal_id
        ),
    )
