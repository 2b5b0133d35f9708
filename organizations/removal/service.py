"""The removal itself: for one member and for many, for the API, the admin and the command."""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from config.identifiers import generate_id, is_id
from organizations.capabilities import Capability
from organizations.models import DepartmentMembership, Membership, Removal, RoleAssignment
from organizations.removal.absence import explain_absence
from organizations.removal.guards import GUARDS, guard_parameters, refusal_of
from organizations.removal.log import log_removals
from organizations.removal.outcome import RemovalOutcome
from organizations.removal.retries import tried_again
from users.models import User

STATEMENT = "WITH {guards}, {removal}".format(
    guards=GUARDS.format(lock="FOR UPDATE NOWAIT"),
    removal=Path(__file__).with_name("removal.sql").read_text(encoding="utf-8"),
)


def remove_members(
    organization_id: str,
    user_ids: Iterable[str],
    *,
    transfer_to: str | Mapping[str, str] | None,
    actor: User | None,
    source: Removal.Source,
    authority: frozenset[Capability],
    reason: str = "",
    trace_id: str = "",
) -> list[RemovalOutcome]:
    """Remove users from an organization; return what became of each, in the order given.

    Their role assignments and department memberships are deleted, their memberships soft-deleted,
    and what they own there passes to the department whose id is ``transfer_to``, for everybody or
    by user id. All of it or, when this raises, nothing. Whoever cannot be removed is refused alone,
    and the others go. Nobody goes who holds a capability outside ``authority``. Accounts, tokens
    and other organizations are not touched. Where others got in the way, it is tried again.
    """
    user_ids = list(dict.fromkeys(user_ids))
    removal_ids = {user_id: generate_id("rem") for user_id in user_ids if is_id("usr", user_id)}
    record = {
        "actor_id": actor.pk if actor else None,
        "source": source.value,
        "reason": reason,
        "trace_id": trace_id,
    }

    def remove(attempt: int) -> dict[str, RemovalOutcome]:
        # One user takes one statement, which is a transaction by itself; who is absent is
        # explained after it, when nothing was done.
        by_itself = attempt == 1 and len(user_ids) == 1 and not connection.in_atomic_block
        with nullcontext() if by_itself else transaction.atomic():
            leaving, outcomes = removal_ids, {}
            if attempt > 1:
                locked = _lock(organization_id, removal_ids)
                outcomes = _done_before(removal_ids)
                leaving = {u: removal_ids[u] for u in locked if u not in outcomes}
            outcomes |= _remove(organization_id, leaving, transfer_to, authority, record)
            absent = [user_id for user_id in user_ids if user_id not in outcomes]
            absences = explain_absence(organization_id, absent, authority=authority)
        return outcomes | {
            user_id: RemovalOutcome(user_id, refusal=refusal, earlier=earlier)
            for user_id, (refusal, earlier) in absences.items()
        }

    by_user = tried_again(remove)
    outcomes = [by_user[user_id] for user_id in user_ids]
    transaction.on_commit(partial(log_removals, organization_id, outcomes, actor, source, trace_id))
    return outcomes


def _lock(organization_id: str, user_ids: Iterable[str]) -> list[str]:
    """Lock active memberships and what they hold; return whose they are.

    Nobody is given a role or a department meanwhile, and none of theirs becomes another.
    """
    members = Membership.objects.current().of(organization_id, user_ids).order_by("user_id")
    locked = dict(members.select_for_update().values_list("pk", "user_id"))
    for held in (RoleAssignment, DepartmentMembership):
        of_members = held.objects.filter(membership__in=list(locked)).order_by("pk")
        list(of_members.select_for_update().values_list("pk"))
    return list(locked.values())


def _done_before(removal_ids: Mapping[str, str]) -> dict[str, RemovalOutcome]:
    """Return what an attempt has done whose answer was lost, by user id."""
    removals = Removal.objects.filter(pk__in=removal_ids.values()).select_related("membership")
    return {
        removal.membership.user_id: RemovalOutcome(
            removal.membership.user_id,
            removal.pk,
            len(removal.roles),
            len(removal.departments),
            removal.resource_count,
        )
        for removal in removals
    }


def _remove(
    organization_id: str,
    removal_ids: Mapping[str, str],
    transfer_to: str | Mapping[str, str] | None,
    authority: frozenset[Capability],
    record: dict[str, str | None],
) -> dict[str, RemovalOutcome]:
    """Remove those members whom nothing keeps; return what became of each member, by user id.

    ``removal_ids`` are the ids of the records by user id, ``record`` what is in all of them.
    """
    users = {removal_id: user_id for user_id, removal_id in removal_ids.items()}
    targets = departments_by_user(transfer_to, removal_ids)
    parameters = guard_parameters(
        organization_id, list(removal_ids), targets, authority, removal_ids=list(users)
    )
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, parameters | record | {"removed_at": timezone.now()})
        found = cursor.fetchall()
    outcomes = {}
    for removal_id, code, lacking, *counts in found:
        user_id = users[removal_id]
        if code:
            refusal = refusal_of(code, organization_id, user_id, targets.get(user_id), lacking)
            outcomes[user_id] = RemovalOutcome(user_id, refusal=refusal)
        else:
            outcomes[user_id] = RemovalOutcome(user_id, removal_id, *counts)
    return outcomes


def departments_by_user(
    transfer_to: str | Mapping[str, str] | None, user_ids: Iterable[str]
) -> Mapping[str, str]:
    """Return the department that each of these users' resources go to, where they go to one."""
    if isinstance(transfer_to, str):
        return dict.fromkeys(user_ids, transfer_to)
    return transfer_to or {}
