"""Makes, changes and deletes roles, for the API and the admin.

Each function is one transaction, and raises the ContractError of a caller who may not do it, or who
lacks a capability that the role grants or would grant. None records an event; each writes a line to
the application's log.
"""

from collections.abc import Collection, Iterable

from django.db import transaction

from config.characters import clean
from config.retries import retried
from organizations.exceptions import RoleInUseError, RoleNotFoundError, SystemRoleImmutableError
from organizations.guards.acts import ADD_ROLE, CHANGE_ROLE, DELETE_ROLE, Act
from organizations.guards.caller import Authority, Caller
from organizations.locks import admit
from organizations.models import Role
from organizations.names import log_named, require_name, save_named
from organizations.uses import Uses


@retried
@transaction.atomic
def create_role(
    organization_id: str, *, name: str, capabilities: Collection[str], caller: Caller
) -> Role:
    """Make a role of an organization that grants these capabilities; return it.

    Raises InvalidFieldsError for a name that is none, RoleNameTakenError for that of another role.
    """
    name = clean(name)
    require_name(name, of=Role)
    authority = admit(organization_id, caller=caller, act=ADD_ROLE)
    _require_capabilities(capabilities, authority)
    role = Role(organization_id=organization_id, name=name, capabilities=sorted(set(capabilities)))
    save_named(role)
    log_named("role_created", [role], caller)
    return role


@retried
@transaction.atomic
def change_role(
    organization_id: str,
    role_id: str,
    *,
    name: str | None = None,
    capabilities: Collection[str] | None = None,
    caller: Caller,
) -> Role:
    """Change the name or the capabilities of a role, unless None; return the role.

    Its holders have the new capabilities at once. Writes nothing if nothing changes. Raises
    RoleNotFoundError, SystemRoleImmutableError for the Owner role, and as `create_role`.
    """
    if name is not None:
        name = clean(name)
        require_name(name, of=Role)
    role = _lock(organization_id, role_id, caller, CHANGE_ROLE, gets=capabilities or ())
    before = role.name, set(role.capabilities)
    if name is not None:
        role.name = name
    if capabilities is not None:
        role.capabilities = sorted(set(capabilities))
    if (role.name, set(role.capabilities)) != before:
        save_named(role)
        log_named("role_changed", [role], caller)
    return role


@retried
@transaction.atomic
def delete_role(organization_id: str, role_id: str, *, caller: Caller) -> None:
    """Delete a role that nobody holds.

    Raises RoleNotFoundError, SystemRoleImmutableError for the Owner role, and RoleInUseError.
    """
    role = _lock(organization_id, role_id, caller, DELETE_ROLE)
    if uses := uses_of(role):
        raise RoleInUseError(role.pk, uses)
    log_named("role_deleted", [role], caller)
    role.delete()


def uses_of(role: Role) -> Uses:
    """Count the members who hold a role."""
    return Uses.counted(member=role.assignments.values("pk"))


def _lock(
    organization_id: str, role_id: str, caller: Caller, act: Act, *, gets: Iterable[str] = ()
) -> Role:
    """Lock the caller's authority, then a role; return the role.

    Waits for transactions that give the role, and later ones wait for this: each gives the role
    with the capabilities that it was allowed to give. Raises RoleNotFoundError,
    SystemRoleImmutableError and InsufficientPermissionsError.
    """
    authority = admit(organization_id, caller=caller, act=act)
    roles = Role.objects.named(role_id).filter(organization=organization_id)
    role = roles.select_for_update().first()
    if role is None:
        raise RoleNotFoundError({"role_id": role_id})
    if role.is_owner:
        raise SystemRoleImmutableError({"role_id": role_id})
    _require_capabilities([*role.capabilities, *gets], authority)
    return role


def _require_capabilities(capabilities: Iterable[str], authority: Authority) -> None:
    """Raise InsufficientPermissionsError where the caller lacks one of these."""
    if refusal := authority.refuse_granting(capabilities):
        raise refusal
