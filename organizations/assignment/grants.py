"""The giving of roles and departments, which additions, changes and restorations share."""

from collections.abc import Collection

from organizations.exceptions import InsufficientPermissionsError
from organizations.guards.caller import Authority
from organizations.models import DepartmentMembership, Membership, Role, RoleAssignment


def find_refusal(
    roles: Collection[Role], *, authority: Authority
) -> InsufficientPermissionsError | None:
    """Return why a caller may not give these roles, or None.

    Nobody gives a role with a capability that they lack; the Owner role is given by owners alone.
    """
    granted = {capability for role in roles for capability in role.capabilities}
    if lacking := granted - authority.capabilities:
        return InsufficientPermissionsError(
            {"required_capabilities": sorted(lacking)},
            system_message="the role grants capabilities that the caller lacks.",
        )
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
