"""Adds members, and gives and takes roles and departments: for every surface."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from config.identifiers import is_id
from organizations.assignment.change import Change
from organizations.assignment.grants import find_refusal, give
from organizations.assignment.presence import explain_presence
from organizations.capabilities import Capability
from organizations.exceptions import (
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
    RoleNotFoundError,
    UserNotFoundError,
)
from organizations.locks import lock_accounts, lock_members
from organizations.models import Department, Event, Membership, Role, ScimConnection, Source
from organizations.removal.absence import explain_absence
from organizations.removal.guards import find_refusals
from organizations.retries import retried
from users.models import User


@retried
def add_member(
    organization_id: str,
    user_id: str,
    *,
    role_ids: Collection[str] = (),
    department_ids: Collection[str] = (),
    actor: User | None,
    source: Source,
    authority: frozenset[Capability],
    may_give_owner: bool,
    reason: str = "",
    trace_id: str = "",
    connection: ScimConnection | None = None,
) -> Membership:
    """Make a user a member of an organization, with these roles and departments; return it.

    Nothing of an earlier membership comes back. Raises UserNotFoundError where there is no account,
    or an erased one; MembershipAlreadyExistsError; and of what is given what `assign` raises.
    """
    roles, departments = Change.between((), role_ids), Change.between((), department_ids)
    with transaction.atomic():
        if user_id not in lock_accounts([user_id]):
            raise UserNotFoundError({"user_id": user_id})
        for refusal in explain_presence(organization_id, [user_id]).values():
            raise refusal
        _check_change(organization_id, roles, departments, authority, may_give_owner)
        membership = Membership.objects.create(organization_id=organization_id, user_id=user_id)
        give([(membership, roles.added, departments.added)])
        Event.objects.record(
            type=Event.Type.MEMBER_ADDED,
            organization_id=organization_id,
            user_id=user_id,
            actor=actor,
            connection=connection,
            source=source,
            reason=reason,
            data={"role_ids": roles.added, "department_ids": departments.added},
            trace_id=trace_id,
        )
    return membership


@retried
def assign(
    organization_id: str,
    user_id: str,
    *,
    role_ids: Collection[str] | None,
    department_ids: Collection[str] | None,
    actor: User | None,
    source: Source,
    authority: frozenset[Capability],
    may_give_owner: bool,
    reason: str = "",
    trace_id: str = "",
    connection: ScimConnection | None = None,
) -> Membership:
    """Make these a member's roles and departments, no more and no less; return the membership.

    What is None is left as it is; where nothing changes, nothing is written. The member may be
    deactivated. Raises, in this order, UserNotFoundError; InsufficientPermissionsError for a member
    above ``authority``; LastOwnerCannotBeRemovedError; RoleNotFoundError, DepartmentNotFoundError;
    InsufficientPermissionsError where ``authority`` is not enough for what changes.
    """
    with transaction.atomic():
        membership = _lock_member(organization_id, user_id, authority)
        owner_by_role = dict(membership.role_assignments.values_list("role", "role__is_owner"))
        joined = membership.department_memberships.values_list("department", flat=True)
        roles = Change.between(owner_by_role, role_ids)
        departments = Change.between(joined, department_ids)
        loses_ownership = any(owner_by_role[role_id] for role_id in roles.removed)
        _check_target(membership, authority, loses_ownership=loses_ownership)
        _check_change(organization_id, roles, departments, authority, may_give_owner)
        if roles or departments:
            # Given before anything is taken: the owner rule locks the organization last.
            give([(membership, roles.added, departments.added)])
            membership.role_assignments.filter(role__in=roles.removed).delete()
            membership.department_memberships.filter(department__in=departments.removed).delete()
            Event.objects.record(
                type=Event.Type.MEMBER_UPDATED,
                organization_id=organization_id,
                user_id=user_id,
                actor=actor,
                connection=connection,
                source=source,
                reason=reason,
                data=_event_data(roles, departments),
                trace_id=trace_id,
            )
    return membership


def _lock_member(
    organization_id: str, user_id: str, authority: frozenset[Capability]
) -> Membership:
    """Return the membership of a member, locked. Raises UserNotFoundError."""
    locked = lock_members(organization_id, [user_id])
    if not locked:
        raise explain_absence(organization_id, [user_id], authority)[user_id].refusal
    return Membership.objects.select_related("user").get(pk=locked[user_id])


def _check_target(
    membership: Membership, authority: frozenset[Capability], *, loses_ownership: bool
) -> None:
    """Raise the guards' error for a member above the caller, and for the last owner."""
    refusals = find_refusals(
        membership.organization_id,
        {membership.user_id: membership.pk},
        targets={},
        authority=authority,
    )
    for refusal in refusals.values():
        if loses_ownership or not isinstance(refusal, LastOwnerCannotBeRemovedError):
            raise refusal


def _check_change(
    organization_id: str,
    roles: Change,
    departments: Change,
    authority: frozenset[Capability],
    may_give_owner: bool,
) -> None:
    """Raise an error for what the organization does not have or the caller may not give."""
    given = _find_roles(organization_id, roles.added)
    _find_departments(organization_id, departments.added)
    needed = {Capability.ASSIGN_ROLES: roles, Capability.MANAGE_USERS: departments}
    if lacking := [name for name, change in needed.items() if change and name not in authority]:
        raise InsufficientPermissionsError({"required_capabilities": lacking})
    if refusal := find_refusal(given, authority=authority, may_give_owner=may_give_owner):
        raise refusal


def _find_roles(organization_id: str, role_ids: Collection[str]) -> list[Role]:
    """Return these roles of an organization. Raises RoleNotFoundError."""
    known = [role_id for role_id in role_ids if is_id("role", role_id)]
    roles = list(Role.objects.filter(organization=organization_id, pk__in=known))
    for unknown in sorted(set(role_ids).difference(role.pk for role in roles)):
        raise RoleNotFoundError({"role_id": unknown})
    return roles


def _find_departments(organization_id: str, department_ids: Collection[str]) -> None:
    """Raise DepartmentNotFoundError unless the organization has all of these."""
    known = [department_id for department_id in department_ids if is_id("dept", department_id)]
    departments = Department.objects.filter(organization=organization_id, pk__in=known)
    for unknown in sorted(set(department_ids).difference(departments.values_list("pk", flat=True))):
        raise DepartmentNotFoundError({"department_id": unknown})


def _event_data(roles: Change, departments: Change) -> dict[str, Any]:
    """Return what the event of a change says."""
    return {
        "roles_added": roles.added,
        "roles_removed": roles.removed,
        "departments_added": departments.added,
        "departments_removed": departments.removed,
    }
