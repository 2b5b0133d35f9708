"""Takes the locks that every change of memberships begins with."""

from collections.abc import Collection, Iterable

from config.identifiers import only_ids
from config.prepared_statements import fetch_prepared
from config.retries import OvertakenError
from organizations.guards.acts import Act
from organizations.guards.caller import Authority, Caller
from organizations.guards.judge import current_members
from users.models import User

# In SQL, since every removal waits for it: through the ORM a removal takes a fifth longer. In three
# parts, one after the other, so that the caller's membership is locked in its place among the
# others, and only FOR SHARE: otherwise requests with one token would wait for each other.
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

    Returns their membership ids by user id. From then on nobody can give them a role, a department
    or a resource: such a change waits. The row by which the ``caller`` may act, a membership, an
    account or a connection, is locked FOR SHARE with them. ``accounts`` are users who join or may
    be no members: nobody else adds, restores or erases them until the end.

    Everything locks in one order, so that no two wait for each other: memberships by user id, those
    of heirs and of the caller among them; accounts by id, of those who join or may be absent, the
    caller's among them (both here), and where the Owner role is given; a schedule; roles that are
    given or changed; what members hold; removals that are undone; resources; the tasks of removals,
    by id; and last, in the owner rule of the database and where steps change, organizations by id.
    The row of a connection can come anywhere: who disables one locks nothing else. A department
    that is changed is locked before all of these, but for its key, which comes last.
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
    if caller and caller.share:
        fetch_prepared(*caller.share)
    return {user_id: membership_id for user_id, membership_id in rows if user_id in locked_ids}


def admit(organization_id: str, *, caller: Caller, act: Act) -> Authority:
    """Lock what lets a caller act where no member is changed, and return the caller's authority.

    Raises the ContractError of a caller who may not do it, or no longer.
    """
    lock_members(organization_id, (), caller=caller)
    return caller.authority(organization_id, act)


def share_members(
    organization_id: str, user_ids: Iterable[str], *, caller: Caller
) -> dict[str, bool]:
    """Lock the current memberships of these users FOR SHARE; return who is active, by user id.

    Until the transaction ends none of them ends, is deactivated or reactivated. The caller's is
    locked with them, in the order in which `lock_members` locks.
    """
    shared_ids = set(only_ids("usr", user_ids))
    user_ids = [*shared_ids, caller.member_id]
    rows = fetch_prepared(
        _SHARE_MEMBERS, {"organization_id": organization_id, "user_ids": user_ids}
    )
    if caller.share:
        fetch_prepared(*caller.share)
    return {user_id: is_active for user_id, is_active in rows if user_id in shared_ids}


def keep_absent(organization_id: str, user_ids: Collection[str], locked: Collection[str]) -> None:
    """Check that the users without a locked membership still have none; their accounts are locked.

    Raises OvertakenError for one who became a member in between: memberships are locked before
    accounts, so the transaction begins anew.
    """
    if current_members(organization_id, set(user_ids).difference(locked)):
        raise OvertakenError("somebody became a member meanwhile")
