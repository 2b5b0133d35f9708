"""Who cannot be removed: the rules that a removal and its preview share."""

from collections.abc import Collection, Mapping, Sequence

from django.db import connection

from config.errors import ContractError
from config.identifiers import is_id
from organizations.capabilities import Capability
from organizations.exceptions import (
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
)
from organizations.models import Membership, Organization

# What can stand in the way of removing members: the Owner role, and every role with a capability
# outside the caller's.
DECISIVE_ROLES = """
    SELECT assignment.membership_id, role.is_owner, role.capabilities
    FROM organizations_roleassignment AS assignment
    JOIN organizations_role AS role ON role.id = assignment.role_id
    WHERE assignment.membership_id = ANY(%s)
        AND (role.is_owner OR NOT role.capabilities <@ %s::varchar[])
    ORDER BY assignment.id
"""
KNOWN_DEPARTMENTS = """
    SELECT id FROM organizations_department WHERE organization_id = %s AND id = ANY(%s)
"""


def find_refusals(
    memberships: Sequence[Membership],
    *,
    authority: frozenset[Capability],
    lock: bool,
    gone: Collection[int] = (),
) -> dict[int, ContractError]:
    """Return why members of one organization cannot be removed, by membership id.

    The contract's checks 6 and 7, decided as if the members left in the order given: of the last
    owners, the one who would go last stays. With ``lock`` the answer holds until the end of the
    transaction; the memberships must be locked already. A preview in parts names the memberships
    of the owners who would be ``gone`` by now.
    """
    held_by: dict[int, set[str]] = {}
    owners: set[int] = set()
    with connection.cursor() as cursor:
        cursor.execute(
            DECISIVE_ROLES + (" FOR UPDATE OF assignment" if lock else ""),
            [[membership.pk for membership in memberships], list(authority)],
        )
        for membership_id, is_owner, capabilities in cursor.fetchall():
            held_by.setdefault(membership_id, set()).update(capabilities)
            if is_owner:
                owners.add(membership_id)

    refusals: dict[int, ContractError] = {}
    for membership_id, held in held_by.items():
        if lacking := held - authority:
            refusals[membership_id] = InsufficientPermissionsError(
                {"required_capabilities": sorted(lacking)},
                system_message="the user holds capabilities that the caller lacks.",
            )

    leaving = [m for m in memberships if m.pk in owners and m.pk not in refusals]
    for membership in _last_owners(leaving, gone, lock=lock) if leaving else ():
        refusals[membership.pk] = LastOwnerCannotBeRemovedError(
            {"user_id": membership.user_id, "organization_id": membership.organization_id}
        )
    return refusals


def _last_owners(
    leaving: Sequence[Membership], gone: Collection[int], *, lock: bool
) -> Sequence[Membership]:
    """Return which of these owners stay, where the organization has no active one besides them:
    the last to go of those with an active account; where nobody's is, all.
    """
    organization_id = leaving[0].organization_id
    if lock:  # as do the triggers: until the end nobody else leaves, and no account is disabled
        Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    owners = Membership.objects.owners().filter(organization=organization_id)
    if owners.exclude(pk__in=[*(membership.pk for membership in leaving), *gone]).exists():
        return []
    active = set(owners.filter(pk__in=[m.pk for m in leaving]).values_list("pk", flat=True))
    return [m for m in leaving if m.pk in active][-1:] or leaving


def refuse_unknown_departments(
    memberships: Collection[Membership], targets: Mapping[str, str]
) -> dict[int, ContractError]:
    """Return a refusal for each member of one organization whose target it does not have.

    The contract's check 8. ``targets`` are ids of departments by user id.
    """
    asked_for = {
        member.pk: targets[member.user_id] for member in memberships if member.user_id in targets
    }
    if not asked_for:
        return {}
    organization_id = next(iter(memberships)).organization_id
    targeted = {target for target in asked_for.values() if is_id("dept", target)}
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_DEPARTMENTS, [organization_id, list(targeted)])
        known = {department_id for (department_id,) in cursor.fetchall()}
    return {
        membership_id: DepartmentNotFoundError({"department_id": target})
        for membership_id, target in asked_for.items()
        if target not in known
    }
