"""Takes the locks that every change of memberships begins with."""

from collections.abc import Collection, Iterable

from config.identifiers import only_ids
from config.prepared_statements import fetch_prepared
from config.retries import OvertakenError
from organizations.guards.acts import Act
from organizations.guards.caller import Authority, Caller
from organizations.guards.judge import current_members
from users.models import User

# In SQL, since every removal runs it: through the ORM a removal takes a fifth longer. In three
# parts, in order, so that the caller's membership is locked in its place among the others, and only
# FOR SHARE: otherwise requests with one token would wait for each other.
_LOCK_MEMBERS = """
    SELECT user_id, id FROM (
        SELECT user_id, id
        FROM organizations_membership
        WHERE organization_id = %(organization_id)s AND user_id = ANY (%(user_ids)s::varchar[])
            AND user_id <= %(caller_id)s AND deleted_at IS NULL
        ORDER BY user_id
        FOR UPDATE
    ) AS up_to_caller
    UNION ALL
    SELECT user_id, id FROM (
        SELECT user_id, id
        FROM organizations_membership
        WHERE organization_id = %(organization_id)s AND user_id = %(caller_id)s
            AND user_id <> ALL (%(user_ids)s::varchar[]) AND deleted_at IS NULL
        FOR SHARE
    ) AS caller
    UNION ALL
    SELECT user_id, id FROM (
        SELECT user_id, id
        FROM organizations_membership
        WHERE organization_id = %(organization_id)s AND user_id = ANY (%(user_ids)s::varchar[])
            AND user_id > %(caller_id)s AND deleted_at IS NULL
        ORDER BY user_id
        FOR UPDATE
    ) AS after_caller
"""

_SHARE_MEMBERS = """
    SELECT user_id, is_active
    FROM organizations_membership
    WHERE organization_id = %(organization_id)s AND user_id = ANY (%(user_ids)s::varchar[])
        AND deleted_at IS NULL
    ORDER BY user_id
    FOR SHARE
"""


def lock_members(
    organization_id: str,
    user_ids: Iterable[str],
    *,
    caller: Caller | None = None,
    accounts: Iterable[str] = (),
) -> dict[str, int]:
    """Lock the current memberships of these users until the transaction ends.

    Returns their membership ids by user id. Until then a change that gives them a role, a
    department or a resource waits. The row that lets the ``caller`` act, a membership, an account
    or a connection, is locked FOR SHARE with them. ``accounts`` are users who join or may be no
    members: nobody else adds, restores or erases them meanwhile.

    Every transaction locks in this order, so that no two wait for each other:

    1. memberships by user id, with those of heirs and of the caller;
    2. accounts by id: of users who join or may be absent, of the caller, and of new owners;
    3. a schedule;
    4. roles that are given or changed;
    5. role assignments and department memberships;
    6. removals that are undone;
    7. resources;
    8. the tasks of removals, by id;
    9. organizations by id: in the owner rule of the database, for new types and for steps.

    A connection can come anywhere: whoever disables one locks nothing else. A department that is
    changed comes before all of these, except for its key, which comes last.
    """
    locked_ids = set(only_ids("usr", user_ids))
    rows = fetch_prepared(
        _LOCK_MEMBERS,
        {
            "organization_id": organization_id,
            "user_ids": list(locked_ids),
            "caller_id": caller.member_id if caller else "",
        },
    )
    if joining := set(only_ids("usr", accounts)):
        if caller and caller.account_id:
            joining.add(caller.account_id)
        in_order = User.objects.filter(pk__in=joining).order_by("pk").values_list("pk")
        list(in_order.select_for_update(no_key=True))
    if caller and caller.share_lock:
        fetch_prepared(*caller.share_lock)
    return {user_id: membership_id for user_id, membership_id in rows if user_id in locked_ids}


def admit(organization_id: str, *, caller: Caller, act: Act) -> Authority:
    """Lock what lets a caller act, for an act on no member, and return the caller's authority.

    Raises the ContractError of a caller who may not act, or no longer.
    """
    lock_members(organization_id, (), caller=caller)
    return caller.authority(organization_id, act)


def share_members(
    organization_id: str, user_ids: Iterable[str], *, caller: Caller
) -> dict[str, bool]:
    """Lock the current memberships of these users FOR SHARE; return by user id who is active.

    Until the transaction ends no membership ends, is deactivated or reactivated. The caller's is
    locked with them, in the order of `lock_members`.
    """
    shared_ids = set(only_ids("usr", user_ids))
    user_ids = [*shared_ids, caller.member_id]
    rows = fetch_prepared(
        _SHARE_MEMBERS, {"organization_id": organization_id, "user_ids": user_ids}
    )
    if caller.share_lock:
        fetch_prepared(*caller.share_lock)
    return {user_id: is_active for user_id, is_active in rows if user_id in shared_ids}


def keep_absent(organization_id: str, user_ids: Collection[str], locked: Collection[str]) -> None:
    """Raise OvertakenError if a user without a locked membership has become a member since.

    Their accounts are locked, which comes after memberships, so the transaction has to start again.
    """
    if current_members(organization_id, set(user_ids).difference(locked)):
        raise OvertakenError("somebody became a member meanwhile")
