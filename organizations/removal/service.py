"""Removes members, one or many, for every caller: API, admin, command, schedule, directory."""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from config.identifiers import generate_id
from config.prepared_statements import fetch_prepared
from organizations.capabilities import Capability
from organizations.locks import lock_members
from organizations.models import ScimConnection, Source
from organizations.removal.absence import explain_absence
from organizations.removal.guards import GUARDS, guard_parameters, refusal_of
from organizations.removal.log import log_removals
from organizations.removal.outcome import RemovalOutcome
from organizations.retries import retried
from organizations.transfer.targets import targets_by_user
from users.models import User

REMOVAL = Path(__file__).with_name("removal.sql").read_text(encoding="utf-8")
DECIDE_AND_REMOVE = f"WITH {GUARDS}, {REMOVAL}"


@retried
def remove_members(
    organization_id: str,
    user_ids: Collection[str],
    *,
    transfer_to: str | Mapping[str, str] | None,
    actor: User | None,
    source: Source,
    authority: frozenset[Capability],
    reason: str = "",
    trace_id: str = "",
    requested_at: datetime | None = None,
    connection: ScimConnection | None = None,
) -> list[RemovalOutcome]:
    """Remove users from an organization; return one outcome per user, in the order given.

    Their role assignments and department memberships are deleted, their memberships soft-deleted,
    and their resources there pass to ``transfer_to``, the id of a department or of an heir, either
    one for all or by user id. If this raises, nothing is changed. A user who cannot be removed is
    refused, and the others are still removed; nobody with a capability outside ``authority`` is.
    Accounts, tokens and other organizations are not touched. For the record, ``requested_at`` is
    when a scheduled removal was requested, and ``connection`` the directory that requests this one.
    """
    targets = targets_by_user(transfer_to, user_ids)
    asked = dict.fromkeys(user_ids)
    record: dict[str, str | datetime | None] = {
        "requested_at": requested_at,
        "actor_id": actor.pk if actor else None,
        "connection_id": connection.pk if connection else None,
        "source": source.value,
        "reason": reason,
        "trace_id": trace_id,
    }
    with transaction.atomic():
        locked = lock_members(organization_id, [*asked, *targets.values()])
        members = {user_id: locked[user_id] for user_id in asked if user_id in locked}
        outcomes = _decide_and_remove(organization_id, members, asked, targets, authority, record)
        absent = [user_id for user_id in asked if user_id not in members]
        for user_id, absence in explain_absence(organization_id, absent, authority).items():
            outcomes[user_id] = RemovalOutcome(
                user_id, refusal=absence.refusal, earlier=absence.removal
            )
        answer = [outcomes[user_id] for user_id in asked]
        log_removals(organization_id, answer, actor, connection, source, trace_id)
    return answer


def _decide_and_remove(
    organization_id: str,
    members: Mapping[str, int],
    asked: Collection[str],
    targets: Mapping[str, str],
    authority: frozenset[Capability],
    record: Mapping[str, str | datetime | None],
) -> dict[str, RemovalOutcome]:
    """Remove the locked members whom the guards do not refuse; return outcomes by user id."""
    if not members:
        return {}
    removal_ids = {user_id: generate_id("rem") for user_id in members}
    users = {removal_id: user_id for user_id, removal_id in removal_ids.items()}
    guards = guard_parameters(
        organization_id,
        members,
        asked=asked,
        targets=targets,
        authority=authority,
        removal_ids=removal_ids,
    )
    outcomes = {}
    for removal_id, code, lacking, *counts in fetch_prepared(
        DECIDE_AND_REMOVE, {**guards, **record, "removed_at": timezone.now()}
    ):
        user_id = users[removal_id]
        if code:
            refusal = refusal_of(code, organization_id, user_id, targets.get(user_id, ""), lacking)
            outcomes[user_id] = RemovalOutcome(user_id, refusal=refusal)
        else:
            outcomes[user_id] = RemovalOutcome(user_id, removal_id, *counts)
    return outcomes
