"""What a caller may do in an organization, and staff in all of them."""

from typing import Literal

from django.contrib.auth.models import AnonymousUser

from config.api.view import AuthenticatedRequest
from config.identifiers import is_id
from config.prepared_statements import fetch_prepared
from organizations.capabilities import ALL_CAPABILITIES, Capability, effective
from organizations.exceptions import InsufficientPermissionsError, OrganizationAccessDeniedError
from organizations.models import RoleAssignment
from users.exceptions import TokenInvalidError
from users.models import AccessToken, User

StaffAction = Literal["remove", "deactivate", "restore"]

# Roles, and departments.
GIVES_SOMETHING = (Capability.ASSIGN_ROLES, Capability.MANAGE_USERS)

# In SQL, since every request asks this. There is always a row: whether the token's membership has
# ended (null: it is bound to none), whether the user is an active member whom the token reaches,
# what one role grants.
_STANDING = """
    SELECT NOT bound.is_current, membership.id IS NOT NULL, role.capabilities
    FROM (SELECT %s::bigint AS id) AS presented
    LEFT JOIN users_accesstoken AS token ON token.id = presented.id
    LEFT JOIN organizations_tokenbinding AS binding ON binding.token_id = token.id
    LEFT JOIN organizations_membership AS bound ON bound.id = binding.membership_id
    LEFT JOIN organizations_membership AS membership
        ON membership.organization_id = %s AND membership.user_id = %s
        AND membership.deleted_at IS NULL AND membership.is_active
        AND (
            presented.id IS NULL
            OR organizations_token_reaches(
                token.reaches_before, bound.id, membership.id, membership.created_at
            )
        )
    LEFT JOIN organizations_roleassignment AS assignment ON assignment.membership_id = membership.id
    LEFT JOIN organizations_role AS role ON role.id = assignment.role_id
"""


def capabilities_in(
    organization_id: str, user: User, token: AccessToken | None
) -> frozenset[Capability]:
    """Return what an active member may do there (contract: Capabilities), in one query.

    Raises OrganizationAccessDeniedError for everybody else, for a token that is bound to another
    organization and for an unknown organization alike; TokenInvalidError for a token that is bound
    to a membership which has ended.
    """
    known_id = organization_id if is_id("org", organization_id) else None
    standing = fetch_prepared(_STANDING, [token and token.pk, known_id, user.pk])
    has_ended, is_member, _ = standing[0]
    if has_ended:
        raise TokenInvalidError
    if not is_member:
        raise OrganizationAccessDeniedError({"organization_id": organization_id})
    return effective(name for _, _, names in standing if names for name in names)


def require(
    organization_id: str, request: AuthenticatedRequest, *capabilities: Capability
) -> frozenset[Capability]:
    """Return all capabilities of a caller, who must hold at least these.

    The contract's checks 2 and 3. Raises as `capabilities_in`, and InsufficientPermissionsError.
    """
    authority = capabilities_in(organization_id, request.user, request.auth)
    if not authority.issuperset(capabilities):
        raise InsufficientPermissionsError({"required_capabilities": list(capabilities)})
    return authority


def authority_to_assign(
    organization_id: str, request: AuthenticatedRequest
) -> frozenset[Capability]:
    """Return the capabilities of a caller who may give something: roles, departments or both.

    Raises as `require`.
    """
    authority = require(organization_id, request)
    if authority.isdisjoint(GIVES_SOMETHING):
        raise InsufficientPermissionsError(
            {"required_capabilities": list(GIVES_SOMETHING)},
            system_message="one of the required capabilities is enough.",
        )
    return authority


def authority_to_remove(
    organization_id: str, user_id: str, request: AuthenticatedRequest
) -> frozenset[Capability]:
    """Return the capabilities that a user whom the caller removes may hold at most.

    Anybody may leave, whatever they hold; removing others takes ``remove_users``. Raises as
    `require`.
    """
    if user_id == request.user.pk:
        require(organization_id, request)
        return ALL_CAPABILITIES
    return require(organization_id, request, Capability.REMOVE_USERS)


def is_owner(organization_id: str, user: User) -> bool:
    """Tell whether a user is an active owner there, and so may make others owners."""
    return RoleAssignment.objects.filter(
        role__organization=organization_id,
        role__is_owner=True,
        membership__user=user,
        membership__is_active=True,
    ).exists()


def staff_may(user: User | AnonymousUser, action: StaffAction) -> bool:
    """Tell whether staff may do this to members, of every organization.

    Whoever does is shown who they are and what they hold: so it takes to view or change them, too.
    """
    allowed = {"view_membership", "change_membership"}
    return (
        user.is_active
        and user.is_staff
        and user.has_perm(f"organizations.{action}_membership")
        and any(user.has_perm(f"organizations.{permission}") for permission in allowed)
    )
