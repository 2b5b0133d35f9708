"""Additions and changes as tests ask for them."""

from collections.abc import Iterable
from typing import Unpack

from organizations.assignment.service import add_member, assign
from organizations.models import Department, Membership, Organization, Role
from tests.callers import CallerFields, CallerWith
from users.models import User


def change(
    member: Membership,
    *,
    roles: Iterable[Role | str] | None = None,
    departments: Iterable[Department | str] | None = None,
    **caller: Unpack[CallerFields],
) -> Membership:
    """Make these, rows or ids, the roles and departments of a member."""
    return assign(
        member.organization_id,
        member.user_id,
        role_ids=_ids(roles),
        department_ids=_ids(departments),
        caller=CallerWith(**caller),
    )


def add(
    organization: Organization,
    user: User,
    *,
    roles: Iterable[Role | str] = (),
    departments: Iterable[Department | str] = (),
    **caller: Unpack[CallerFields],
) -> Membership:
    """Make a user a member with these, rows or ids, as roles and departments."""
    return add_member(
        organization.pk,
        user.pk,
        role_ids=_ids(roles) or (),
        department_ids=_ids(departments) or (),
        caller=CallerWith(**caller),
    )


def _ids(named: Iterable[Role | Department | str] | None) -> list[str] | None:
    if named is None:
        return None
    return [one if isinstance(one, str) else one.pk for one in named]
