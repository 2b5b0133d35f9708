"""What a caller may do in an organization."""

from config.identifiers import is_id
from config.prepared_statements import fetch_prepared
from organizations.capabilities import ALL_CAPABILITIES, Capability, effective
from organizations.exceptions import InsufficientPermissionsError, OrganizationAccessDeniedError
from organizations.models import RoleAssignment
from users.models import User

# Roles, and departments.
GIVES_SOMETHING = (Capability.ASSIGN_ROLES, Capability.MANAGE_USERS)

# In SQL, since every request asks this.
GRANTED_CAPABILITIES = """
    SELECT role.capabilities
    FROM organizations_membership AS membership
    LEFT JOIN organizations_roleassignment AS assignment ON assignment.membership_id = membership.id
    LEFT JOIN organizations_role AS role ON role.id = assignment.role_id
    WHERE membership.organization_id = %s AND membership.user_id = %s
        AND membership.is_active
"""


def capabilities_in(organization_id: str, user: User) -> frozenset[Capability]:
    """Return what an active member may do there (contract: Capabilities), in one query.

    Raises OrganizationAccessDeniedError for everybody else and for an unknown organization alike.
    """
    if is_id("org", organization_id):
        granted = fetch_prepared(GRANTED_CAPABILITIES, [organization_id, user.pk])
        if granted:  # a member without a role is one row with nothing in it
            return effective(name for (names,) in granted if names for name in names)
    raise OrganizationAccessDeniedError({"organization_id": organization_id})


def authority_with(
    needed: Capability, organization_id: str, *, actor: User
) -> frozenset[Capability]:
    """Return the capabilities of an actor who holds the one that a request needs.

    Nobody acts on a member who holds more. Raises OrganizationAccessDeniedError or
    InsufficientPermissionsError.
    """
    authority = capabilities_in(organization_id, actor)
    if needed not in authority:
        raise InsufficientPermissionsError({"required_capabilities": [needed]})
    return authority


def authority_to_assign(organization_id: str, *, actor: User) -> frozenset[Capability]:
    """Return the capabilities of an actor who may give something: roles, departments or both.

    Raises OrganizationAccessDeniedError or InsufficientPermissionsError.
    """
    authority = capabilities_in(organization_id, actor)
    if authority.isdisjoint(GIVES_SOMETHING):
        raise InsufficientPermissionsError(
            {"required_capabilities": list(GIVES_SOMETHING)},
            system_message="one of the required capabilities is enough.",
        )
    return authority


def authority_to_remove(
    organization_id: str, user_id: str, *, actor: User
) -> frozenset[Capability]:
    """Return the capabilities that somebody whom the actor removes may hold at most.

    The contract's checks 2 and 3: anybody may leave, whatever they hold; removing others takes
    ``remove_users``. Raises OrganizationAccessDeniedError or InsufficientPermissionsError.
    """
    if user_id == actor.pk:
        capabilities_in(organization_id, actor)
        return ALL_CAPABILITIES
    return authority_with(Capability.REMOVE_USERS, organization_id, actor=actor)


def is_owner(organization_id: str, user: User) -> bool:
    """Tell whether a user is an active owner there, and so may make others owners."""
    return RoleAssignment.objects.filter(
        role__organization=organization_id,
        role__is_owner=True,
        membership__user=user,
        membership__is_active=True,
    ).exists()
