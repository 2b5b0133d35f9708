"""Adds members, and changes their roles and departments, for every caller."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from django.db import connection, transaction

from config.errors import ContractError
from config.identifiers import generate_id
from config.retries import retried
from config.timestamps import in_whole_seconds
from organizations.capabilities import Capability
from organizations.exceptions import (
    AccountNotFoundError,
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    MembershipAlreadyExistsError,
    RoleNotFoundError,
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
from users.models import User

ADDITION = Path(__file__).with_name("addition.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Change:
    """The ids of the roles, or of the departments, that are added and removed; false if empty."""

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


@dataclass(frozen=True, slots=True)
class Joiner:
    """A user who is to become a member, with the ids of the roles and departments to give."""

    user_id: str
    role_ids: Collection[str] = ()
    department_ids: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Addition:
    """The new membership of one user, or why there is none."""

    user_id: str
    membership: Membership | None = None
    refusal: ContractError | None = None


def add_member(
    organization_id: str,
    user_id: str,
    *,
    role_ids: Collection[str] = (),
    department_ids: Collection[str] = (),
    caller: Caller,
) -> Membership:
    """Make a user a member of an organization, with these roles and departments.

    Returns the membership. Raises the refusals of `add_members`, and the ContractError of a caller
    who may not add members.
    """
    joiner = Joiner(user_id, role_ids, department_ids)
    [addition] = add_members(organization_id, [joiner], caller=caller)
    if addition.membership is None:
        assert addition.refusal  # noqa: S101  # one of both
        raise addition.refusal
    return addition.membership


@retried
def add_members(
    organization_id: str, joiners: Sequence[Joiner], *, caller: Caller
) -> list[Addition]:
    """Make users members of an organization; return one addition per joiner, in the order given.

    Each user is named once. Creates no account, and restores nothing of an earlier membership.
    Refuses a user with AccountNotFoundError, MembershipAlreadyExistsError, or for the roles and
    departments as `assign`; the others are still added. Raises the ContractError of a caller who
    may not add members. Takes a fixed number of SQL statements.
    """
    with transaction.atomic():
        user_ids = [joiner.user_id for joiner in joiners]
        lock_members(organization_id, (), caller=caller, accounts=user_ids)
        authority = caller.authority(organization_id, ADD)
        refusals = _refuse_joiners(organization_id, joiners, authority)
        added = [joiner for joiner in joiners if joiner.user_id not in refusals]
        members = _insert(organization_id, added, caller) if added else {}
    return [Addition(user_id, members.get(user_id), refusals.get(user_id)) for user_id in user_ids]


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

    None leaves the roles, or the departments, as they are. Writes nothing if nothing changes. The
    member may be deactivated. Does not touch resources. Raises, in this order, the ContractError of
    a caller who may change nothing; UserNotFoundError; InsufficientPermissionsError for a member
    above the caller; LastOwnerCannotBeRemovedError; RoleNotFoundError; DepartmentNotFoundError;
    InsufficientPermissionsError if the change takes more authority than the caller has.
    """
    with transaction.atomic():
        locked = lock_members(organization_id, [user_id], caller=caller)
        authority = caller.authority(organization_id, ASSIGN)
        _check_target(organization_id, user_id, locked, caller, Rules.AUTHORITY)
        membership = Membership.objects.select_related("user").get(pk=locked[user_id])
        owner_by_role = dict(membership.role_assignments.values_list("role", "role__is_owner"))
        joined = membership.department_memberships.values_list("department", flat=True)
        roles = _Change.between(owner_by_role, role_ids)
        departments = _Change.between(joined, department_ids)
        if any(owner_by_role[role_id] for role_id in roles.removed):
            _check_target(organization_id, user_id, locked, caller, Rules.OWNER_REMAINS)
        available = _Available.of(organization_id, roles.added, departments.added)
        if refusal := available.refuse(roles, departments, authority):
            raise refusal
        if roles or departments:
            # Adds first: a deletion's owner rule locks the organization, which comes last.
            give([(membership, roles.added, departments.added)])
            membership.role_assignments.filter(role__in=roles.removed).delete()
            membership.department_memberships.filter(department__in=departments.removed).delete()
            Event.objects.record(
                caller.event(
                    Event.Type.MEMBER_UPDATED,
                    organization_id,
                    user_id=user_id,
                    data={
                        "roles_added": roles.added,
                        "roles_removed": roles.removed,
                        "departments_added": departments.added,
                        "departments_removed": departments.removed,
                    },
                )
            )
    return membership


def already_members(
    organization_id: str, user_ids: Collection[str]
) -> dict[str, MembershipAlreadyExistsError]:
    """Return the refusal for each of these users who is a member already, by user id.

    The details have the date, and the restoration that made the user a member, for a caller who
    lost its response.
    """
    members = list(Membership.objects.current().of(organization_id, user_ids))
    # By id: in one query, PostgreSQL may search all these members for each restoration.
    restorations = {
        restoration.membership_id: restoration
        for restoration in Restoration.objects.filter(membership__in=[m.pk for m in members])
    }
    refusals: dict[str, MembershipAlreadyExistsError] = {}
    for member in members:
        details = {"user_id": member.user_id, "member_since": in_whole_seconds(member.created_at)}
        if restoration := restorations.get(member.pk):
            details |= {"restoration_id": restoration.pk, "removal_id": restoration.removal_id}
        refusals[member.user_id] = MembershipAlreadyExistsError(details)
    return refusals


def find_refusal(
    roles: Collection[Role], *, authority: Authority
) -> InsufficientPermissionsError | None:
    """Return why a caller may not give these roles, or None.

    The caller must have every capability of the roles, and be an owner to give the Owner role.
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


def give(holdings: Collection[tuple[Membership, Collection[str], Collection[str]]]) -> None:
    """Give each of these members roles and departments, by id; two statements in all."""
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


def _insert(
    organization_id: str, joiners: Collection[Joiner], caller: Caller
) -> dict[str, Membership]:
    """Insert memberships, what they hold, and their events; return them by user id."""
    events = {
        generate_id("evt"): {
            "user_id": joiner.user_id,
            "data": {
                "role_ids": sorted({*joiner.role_ids}),
                "department_ids": sorted({*joiner.department_ids}),
            },
        }
        for joiner in joiners
    }
    rows = [{"event_id": event_id, **event} for event_id, event in events.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            ADDITION,
            {
                **caller.columns,
                "reason": caller.reason,
                "organization_id": organization_id,
                "joiners": json.dumps(rows),
            },
        )
        inserted = cursor.fetchall()
    Event.objects.log(
        Event.Type.MEMBER_ADDED,
        caller.source,
        (
            caller.event(Event.Type.MEMBER_ADDED, organization_id, id=event_id, **event)
            for event_id, event in events.items()
        ),
    )
    return {
        user_id: Membership(
            id=pk, organization_id=organization_id, user_id=user_id, created_at=created_at
        )
        for pk, user_id, created_at in inserted
    }


def _check_target(
    organization_id: str, user_id: str, locked: Mapping[str, int], caller: Caller, rules: Rules
) -> None:
    refusals = judge(
        organization_id, [user_id], caller=caller, act=ASSIGN, rules=rules, members=locked
    )
    for refusal in refusals.values():
        raise refusal


def _refuse_joiners(
    organization_id: str, joiners: Collection[Joiner], authority: Authority
) -> dict[str, ContractError]:
    user_ids = [joiner.user_id for joiner in joiners]
    accounts = User.objects.named(*user_ids).filter(erased_at=None)
    with_account = set(accounts.values_list("pk", flat=True))
    members = already_members(organization_id, user_ids)
    available = _Available.of(
        organization_id,
        {role_id for joiner in joiners for role_id in joiner.role_ids},
        {department_id for joiner in joiners for department_id in joiner.department_ids},
    )
    refusals: dict[str, ContractError] = {}
    for joiner in joiners:
        roles = _Change.between((), joiner.role_ids)
        departments = _Change.between((), joiner.department_ids)
        if joiner.user_id not in with_account:
            refusals[joiner.user_id] = AccountNotFoundError({"user_id": joiner.user_id})
        elif refusal := (
            members.get(joiner.user_id) or available.refuse(roles, departments, authority)
        ):
            refusals[joiner.user_id] = refusal
    return refusals


@dataclass(frozen=True, slots=True)
class _Available:
    """Those of the roles and departments to give that the organization has."""

    roles: Mapping[str, Role]
    departments: frozenset[str]

    @classmethod
    def of(
        cls, organization_id: str, role_ids: Collection[str], department_ids: Collection[str]
    ) -> Self:
        """Read the roles, locked so that their capabilities stay, and the departments."""
        roles = Role.objects.share(organization_id, role_ids)
        departments = Department.objects.named(*department_ids).filter(organization=organization_id)
        return cls(
            {role.pk: role for role in roles}, frozenset(departments.values_list("pk", flat=True))
        )

    def refuse(
        self, roles: _Change, departments: _Change, authority: Authority
    ) -> ContractError | None:
        """Return why the caller cannot add these, or None."""
        for role_id in roles.added:
            if role_id not in self.roles:
                return RoleNotFoundError({"role_id": role_id})
        for department_id in departments.added:
            if department_id not in self.departments:
                return DepartmentNotFoundError({"department_id": department_id})
        needed = {Capability.ASSIGN_ROLES: roles, Capability.MANAGE_USERS: departments}
        required = [capability for capability, change in needed.items() if change]
        if lacking := [each for each in required if each not in authority.capabilities]:
            return InsufficientPermissionsError({"required_capabilities": lacking})
        return find_refusal([self.roles[role_id] for role_id in roles.added], authority=authority)
