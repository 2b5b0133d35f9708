"""Adds members, and changes their roles and departments, for every caller."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db import transaction

from config.timestamps import in_whole_seconds
from organizations.capabilities import Capability
from organizations.exceptions import (
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    MembershipAlreadyExistsError,
    RoleNotFoundError,
    UserNotFoundError,
)
from organizations.guards.acts import ADD, ASSIGN
from organizations.guards.caller import Authority, Caller
from organizations.guards.judge import Rules, judge
from organizations.locks import lock_members
from organizations.models import (
    Department,
    DepartmentMembership,
    Event,
    Membership,
    Restoration,
    Role,
    RoleAssignment,
)
from organizations.retries import retried
from users.models import User


@dataclass(frozen=True, slots=True)
class Change:
    """The ids of the roles, or of the departments, that are added and removed; false for none."""

    added: list[str]
    removed: list[str]

    @classmethod
    def between(cls, current: Iterable[str], wanted: Iterable[str] | None) -> Self:
        """Return the change from one complete list to another; None leaves all as it is."""
        if wanted is None:
            return cls([], [])
        before, after = set(current), set(wanted)
        return cls(sorted(after - before), sorted(before - after))

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


NO_CHANGE = Change([], [])


@retried
def add_member(
    organization_id: str,
    user_id: str,
    *,
    role_ids: Collection[str] = (),
    department_ids: Collection[str] = (),
    caller: Caller,
) -> Membership:
    """Make a user a member of an organization, with these roles and departments.

    Returns the membership. It does not bring back anything of an earlier membership, and makes no
    account. Raises UserNotFoundError where there is no account, or an erased one;
    MembershipAlreadyExistsError; for the roles and departments what `assign` raises; and the
    ContractError of a caller who may not add members.
    """
    roles, departments = Change.between((), role_ids), Change.between((), department_ids)
    with transaction.atomic():
        lock_members(organization_id, (), caller=caller, accounts=[user_id])
        authority = caller.authority(organization_id, ADD)
        if not User.objects.named(user_id).filter(erased_at=None).exists():
            raise UserNotFoundError({"user_id": user_id})
        for refusal in already_members(organization_id, [user_id]).values():
            raise refusal
        _check_change(organization_id, roles, departments, authority)
        membership = Membership.objects.create(organization_id=organization_id, user_id=user_id)
        give([(membership, roles.added, departments.added)])
        Event.objects.record(
            caller.event(
                Event.Type.MEMBER_ADDED,
                organization_id,
                user_id=user_id,
                data={"role_ids": roles.added, "department_ids": departments.added},
            )
        )
    return membership


@retried
def assign(
    organization_id: str,
    user_id: str,
    *,
    role_ids: Collection[str] | None,
    department_ids: Collection[str] | None,
    caller: Caller,
) -> Membership:
    """Make these a member's complete roles and departments; return the membership.

    None leaves the roles, or the departments, as they are; where nothing changes, nothing is
    written. The member may be deactivated. It does not touch resources. Raises, in this order, the
    ContractError of a caller who may change nothing; UserNotFoundError;
    InsufficientPermissionsError for a member above the caller; LastOwnerCannotBeRemovedError;
    RoleNotFoundError, DepartmentNotFoundError; InsufficientPermissionsError where the caller's
    authority does not suffice for the change.
    """
    with transaction.atomic():
        locked = lock_members(organization_id, [user_id], caller=caller)
        authority = caller.authority(organization_id, ASSIGN)
        _check_target(organization_id, user_id, locked, caller, Rules.AUTHORITY)
        membership = Membership.objects.select_related("user").get(pk=locked[user_id])
        owner_by_role = dict(membership.role_assignments.values_list("role", "role__is_owner"))
        joined = membership.department_memberships.values_list("department", flat=True)
        roles = Change.between(owner_by_role, role_ids)
        departments = Change.between(joined, department_ids)
        if any(owner_by_role[role_id] for role_id in roles.removed):
            _check_target(organization_id, user_id, locked, caller, Rules.OWNER_REMAINS)
        _check_change(organization_id, roles, departments, authority)
        if roles or departments:
            # Added before anything is deleted: the owner rule locks the organization last.
            give([(membership, roles.added, departments.added)])
            membership.role_assignments.filter(role__in=roles.removed).delete()
            membership.department_memberships.filter(department__in=departments.removed).delete()
            Event.objects.record(
                caller.event(
                    Event.Type.MEMBER_UPDATED,
                    organization_id,
                    user_id=user_id,
                    data=event_data(roles=roles, departments=departments),
                )
            )
    return membership


def already_members(
    organization_id: str, user_ids: Collection[str]
) -> dict[str, MembershipAlreadyExistsError]:
    """Return the refusal for each of these users who is a member already, by user id.

    The details name the restoration that made the user a member, for callers who lost its response.
    """
    members = list(Membership.objects.current().of(organization_id, user_ids))
    # By their ids: in one query, PostgreSQL may search all these members for each restoration.
    restorations = {
        restoration.membership_id: restoration
        for restoration in Restoration.objects.filter(membership__in=[m.pk for m in members])
    }
    return {member.user_id: _explain(member, restorations.get(member.pk)) for member in members}


def find_refusal(
    roles: Collection[Role], *, authority: Authority
) -> InsufficientPermissionsError | None:
    """Return why a caller may not give these roles, or None.

    Nobody gives a role with a capability that they lack; the Owner role is given by owners alone.
    """
    granted = {capability for role in roles for capability in role.capabilities}
    if refusal := authority.refuse_granting(granted):
        return refusal
    owner_roles = [role.pk for role in roles if role.is_owner]
    if owner_roles and not authority.may_give_owner:
        return InsufficientPermissionsError(
            {"required_role_id": owner_roles[0]},
            system_message="the owner role is given by an owner.",
        )
    return None


def give(
    holdings: Collection[tuple[Membership, Collection[str], Collection[str]]],
) -> None:
    """Give to each of these members roles and departments, by their ids: two statements for all."""
    RoleAssignment.objects.bulk_create(
        RoleAssignment(organization_id=member.organization_id, membership=member, role_id=role_id)
        for member, role_ids, _ in holdings
        for role_id in role_ids
    )
    DepartmentMembership.objects.bulk_create(
        DepartmentMembership(
            organization_id=member.organization_id, membership=member, department_id=department_id
        )
        for member, _, department_ids in holdings
        for department_id in department_ids
    )


def _check_target(
    organization_id: str, user_id: str, locked: Mapping[str, int], caller: Caller, rules: Rules
) -> None:
    """Raise the refusal of these rules for a member whose roles and departments would change."""
    refusals = judge(
        organization_id, [user_id], caller=caller, act=ASSIGN, rules=rules, members=locked
    )
    for refusal in refusals.values():
        raise refusal


def _check_change(
    organization_id: str,
    roles: Change,
    departments: Change,
    authority: Authority,
) -> None:
    """Raise an error for what the organization does not have or the caller may not give."""
    given = _find_roles(organization_id, roles.added)
    _find_departments(organization_id, departments.added)
    needed = {Capability.ASSIGN_ROLES: roles, Capability.MANAGE_USERS: departments}
    held = authority.capabilities
    if lacking := [name for name, change in needed.items() if change and name not in held]:
        raise InsufficientPermissionsError({"required_capabilities": lacking})
    if refusal := find_refusal(given, authority=authority):
        raise refusal


def _find_roles(organization_id: str, role_ids: Collection[str]) -> list[Role]:
    """Return these roles of an organization, which do not change meanwhile.

    Raises RoleNotFoundError.
    """
    roles = Role.objects.share(organization_id, role_ids)
    for unknown in sorted(set(role_ids).difference(role.pk for role in roles)):
        raise RoleNotFoundError({"role_id": unknown})
    return roles


def _find_departments(organization_id: str, department_ids: Collection[str]) -> None:
    """Raise DepartmentNotFoundError unless the organization has all of these."""
    departments = Department.objects.named(*department_ids).filter(organization=organization_id)
    for unknown in sorted(set(department_ids).difference(departments.values_list("pk", flat=True))):
        raise DepartmentNotFoundError({"department_id": unknown})


def event_data(*, roles: Change = NO_CHANGE, departments: Change) -> dict[str, Any]:
    """Return the data of the event of a change."""
    return {
        "roles_added": roles.added,
        "roles_removed": roles.removed,
        "departments_added": departments.added,
        "departments_removed": departments.removed,
    }


def _explain(member: Membership, restoration: Restoration | None) -> MembershipAlreadyExistsError:
    """Return the refusal for a member, with the date, and the restoration that made them one."""
    details = {"user_id": member.user_id, "member_since": in_whole_seconds(member.created_at)}
    if restoration:
        details |= {"restoration_id": restoration.pk, "removal_id": restoration.removal_id}
    return MembershipAlreadyExistsError(details)
