"""Makes, changes and deletes roles, for the API and the admin.

Each function is one transaction. Each raises the ContractError of a caller who may not do it, or no
longer, or who lacks a capability that the role has or gets. None leaves an event: the application's
log has a line each.
"""

from collections.abc import Collection, Iterable

from django.db import transaction

from config.characters import clean
from config.retries import retried
from organizations.application_log import log_on_commit
from organizations.exceptions import (
    RoleInUseError,
    RoleNameTakenError,
    RoleNotFoundError,
    SystemRoleImmutableError,
)
from organizations.guards.acts import ADD_ROLE, CHANGE_ROLE, DELETE_ROLE, Act
from organizations.guards.caller import Authority, Caller
from organizations.locks import admit
from organizations.models import Role
from organizations.models.organization import ROLE_NAME
from organizations.names import save_named
from organizations.uses import Uses


@retried
@transaction.atomic
def create_role(
    organization_id: str, *, name: str, capabilities: Collection[str], caller: Caller
) -> Role:
    """Make a role of an organization that grants these capabilities; return it.

    Raises InvalidFieldsError for a name that is none, RoleNameTakenError for that of another role.
    """
    authority = admit(organization_id, caller=caller, act=ADD_ROLE)
    _require_capabilities(capabilities, authority)
    role = Role(
        organization_id=organization_id,
        name=clean(name),
        capabilities=_each_once(capabilities),
    )
    _save(role)
    _log("role_created", role, caller)
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
    """Give a role another name, or other capabilities; None leaves them as they are.

    Returns the role. Its holders may do by it, from then on, what it grants then. Where nothing
    changes, nothing is written. Raises RoleNotFoundError, SystemRoleImmutableError for the Owner
    role, and for the name what `create_role` raises.
    """
    role = _lock(organization_id, role_id, caller, CHANGE_ROLE, gets=capabilities or ())
    before = role.name, set(role.capabilities)
    if name is not None:
        role.name = clean(name)
    if capabilities is not None:
        role.capabilities = _each_once(capabilities)
    if (role.name, set(role.capabilities)) != before:
        _save(role)
        _log("role_changed", role, caller)
    return role


@retried
@transaction.atomic
def delete_role(organization_id: str, role_id: str, *, caller: Caller) -> None:
    """Delete a role that nobody holds.

    Raises RoleNotFoundError, SystemRoleImmutableError for the Owner role, and RoleInUseError, which
    counts its holders.
    """
    role = _lock(organization_id, role_id, caller, DELETE_ROLE)
    if uses := uses_of(role):
        raise RoleInUseError(role.pk, uses)
    _log("role_deleted", role, caller)
    role.delete()


def uses_of(role: Role) -> Uses:
    """Return how many members hold a role."""
    return Uses.counted(member=role.assignments.values("pk"))


def _lock(
    organization_id: str, role_id: str, caller: Caller, act: Act, *, gets: Iterable[str] = ()
) -> Role:
    """Lock a role after what lets the caller act, and return it.

    Whoever gives the role, or is about to, is waited for: it is given either as it was or as it
    becomes, and each time by somebody who may give that. Raises RoleNotFoundError,
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


def _each_once(capabilities: Iterable[str]) -> list[str]:
    """Return the capabilities sorted, each once."""
    return sorted(set(capabilities))


def _save(role: Role) -> None:
    """Save a role. Raises InvalidFieldsError and RoleNameTakenError."""
    save_named(role, taken=RoleNameTakenError({"name": role.name}), constraint=ROLE_NAME)


def _log(event: str, role: Role, caller: Caller) -> None:
    """Write a line to the application's log once this is committed."""
    ids = {"organization_id": role.organization_id, "role_id": role.pk}
    log_on_commit(event, caller.source, [{**ids, **caller.columns}])
