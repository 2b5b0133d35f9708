"""The removal itself: for one member and for many, for the API, the admin and the command."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from config.errors import ContractError
from config.identifiers import generate_id, is_id
from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.models import Membership, Removal
from organizations.removal.absence import explain_absence
from organizations.removal.guards import find_refusals, refuse_unknown_departments
from organizations.removal.log import log_removals
from organizations.removal.retries import in_one_transaction
from users.models import User

# In SQL, like all reads of a removal: to have Django write them anew takes as long as to run them.
LOCK_MEMBERSHIPS = """
    SELECT id, organization_id, user_id
    FROM organizations_membership
    WHERE organization_id = %s AND user_id = ANY(%s) AND deleted_at IS NULL
    ORDER BY id
    FOR UPDATE
"""
STATEMENT = Path(__file__).with_name("statement.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class RemovalOutcome:
    """What became of one user: either ``removal_id`` is set, or ``refusal`` says why not.

    A refused user who was removed before has that record in ``earlier``.
    """

    user_id: str
    removal_id: str | None = None
    role_count: int = 0
    department_count: int = 0
    resource_count: int = 0
    refusal: ContractError | None = None
    earlier: Removal | None = None


def remove_members(
    organization_id: str,
    user_ids: Iterable[str],
    *,
    transfer_to: str | Mapping[str, str] | None,
    actor: User | None,
    source: Removal.Source,
    reason: str = "",
    trace_id: str = "",
    authority: frozenset[Capability] = ALL_CAPABILITIES,
) -> list[RemovalOutcome]:
    """Remove users from an organization; return what became of each, in the order given.

    Their role assignments and department memberships are deleted, their memberships soft-deleted,
    and what they own there passes to the department whose id is ``transfer_to``, for everybody or
    by user id. All of it or, when this raises, nothing. Whoever cannot be removed is refused alone,
    and the others go. Nobody goes who holds a capability outside ``authority``. Accounts, tokens
    and other organizations are not touched. Deadlocks and lost connections are tried again.
    """
    user_ids = list(dict.fromkeys(user_ids))

    def work() -> list[RemovalOutcome]:
        return _remove_members(
            organization_id, user_ids, transfer_to, actor, source, reason, trace_id, authority
        )

    return in_one_transaction(work)


def _remove_members(
    organization_id: str,
    user_ids: Sequence[str],
    transfer_to: str | Mapping[str, str] | None,
    actor: User | None,
    source: Removal.Source,
    reason: str,
    trace_id: str,
    authority: frozenset[Capability],
) -> list[RemovalOutcome]:
    """Remove users in the transaction that is open; return what became of each."""
    # Locks are taken in one order by everybody: memberships by id, role assignments by id, the
    # organization (only when an owner leaves), resources. A locked membership lets nobody add roles
    # or departments to it, and a second removal of the same user waits here and then finds nobody.
    memberships = _lock_memberships(organization_id, user_ids)
    members = list(memberships.values())
    targets = departments_by_user(transfer_to, memberships)
    refusals = refuse_unknown_departments(members, targets)
    refusals |= find_refusals(members, authority=authority, lock=True)
    leavers = [member for member in members if member.pk not in refusals]
    removed = _remove(leavers, targets, actor, source, reason, trace_id) if leavers else {}
    absent = [user_id for user_id in user_ids if user_id not in memberships]
    absences = explain_absence(organization_id, absent, authority=authority)

    def outcome(user_id: str) -> RemovalOutcome:
        if user_id in removed:
            return removed[user_id]
        if user_id in memberships:
            return RemovalOutcome(user_id, refusal=refusals[memberships[user_id].pk])
        refusal, earlier = absences[user_id]
        return RemovalOutcome(user_id, refusal=refusal, earlier=earlier)

    outcomes = [outcome(user_id) for user_id in user_ids]
    transaction.on_commit(partial(log_removals, organization_id, outcomes, actor, source, trace_id))
    return outcomes


def departments_by_user(
    transfer_to: str | Mapping[str, str] | None, user_ids: Iterable[str]
) -> Mapping[str, str]:
    """Return the department that each of these users' resources go to, where they go to one."""
    if isinstance(transfer_to, str):
        return dict.fromkeys(user_ids, transfer_to)
    return transfer_to or {}


def _lock_memberships(organization_id: str, user_ids: Sequence[str]) -> dict[str, Membership]:
    """Lock the users' active memberships; return them by user id, in the order given."""
    ids = [user_id for user_id in user_ids if is_id("usr", user_id)]
    with connection.cursor() as cursor:
        cursor.execute(LOCK_MEMBERSHIPS, [organization_id, ids])
        members = [
            Membership.from_db(None, ["id", "organization_id", "user_id"], row)
            for row in cursor.fetchall()
        ]
    locked = {member.user_id: member for member in members}
    return {user_id: locked[user_id] for user_id in user_ids if user_id in locked}


def _remove(
    leavers: Sequence[Membership],
    targets: Mapping[str, str],
    actor: User | None,
    source: Removal.Source,
    reason: str,
    trace_id: str,
) -> dict[str, RemovalOutcome]:
    """Remove locked members whom nothing keeps; return what was done, by user id."""
    user_ids = {member.pk: member.user_id for member in leavers}
    with connection.cursor() as cursor:
        cursor.execute(
            STATEMENT,
            {
                "organization_id": leavers[0].organization_id,
                "membership_ids": list(user_ids),
                "user_ids": list(user_ids.values()),
                "removal_ids": [generate_id("rem") for _ in leavers],
                "department_ids": [targets.get(user_id) for user_id in user_ids.values()],
                "actor_id": actor.pk if actor else None,
                "source": source.value,
                "reason": reason,
                "trace_id": trace_id,
                "removed_at": timezone.now(),
            },
        )
        return {
            user_ids[membership_id]: RemovalOutcome(user_ids[membership_id], *recorded)
            for membership_id, *recorded in cursor.fetchall()
        }
