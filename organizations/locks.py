"""The locks that every change of memberships begins with."""

from collections.abc import Iterable

from config.identifiers import is_id
from config.prepared_statements import fetch_prepared
from users.models import User

# By hand, since every removal waits for it: through the ORM a removal takes a fifth longer.
_LOCK_MEMBERS = """
    SELECT user_id, id
    FROM organizations_membership
    WHERE organization_id = %s AND user_id = ANY (%s::varchar[]) AND deleted_at IS NULL
    ORDER BY user_id
    FOR UPDATE
"""


def lock_members(organization_id: str, user_ids: Iterable[str]) -> dict[str, int]:
    """Lock the current memberships of these users until the transaction ends.

    Returns their membership ids by user id. From here on nobody can be given a role or a department
    of theirs, or a resource: it waits.

    Everything locks in one order, so that no two wait for each other: memberships by user id, those
    of heirs among them (here); accounts, of those who join and where the Owner role is given; what
    members hold; resources; and last, in the owner rule of the database, organizations by id.
    """
    known = [user_id for user_id in set(user_ids) if is_id("usr", user_id)]
    return dict(fetch_prepared(_LOCK_MEMBERS, [organization_id, known]))


def lock_accounts(user_ids: Iterable[str]) -> set[str]:
    """Lock the accounts of users who join an organization; return those that can, by their ids.

    Until the transaction ends, nobody else adds or restores these users, and nobody erases them.
    """
    known = {user_id for user_id in user_ids if is_id("usr", user_id)}
    accounts = User.objects.filter(pk__in=known, erased_at=None).order_by("pk")
    return set(accounts.select_for_update(no_key=True).values_list("pk", flat=True))
