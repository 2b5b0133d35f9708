"""What a caller of the API must hold, where a request only reads (contract: Capabilities)."""

from organizations.capabilities import Capability
from organizations.exceptions import InsufficientPermissionsError
from organizations.guards.caller import Caller
from users.api_view import AuthenticatedRequest


def require(
    organization_id: str, request: AuthenticatedRequest, *capabilities: Capability
) -> frozenset[Capability]:
    """Return all capabilities of a caller, who must hold at least these, in one query.

    The contract's checks 2 and 3, for what only reads: what changes something asks its act. Raises
    TokenInvalidError, OrganizationAccessDeniedError for strangers and for an unknown organization
    alike, and InsufficientPermissionsError.
    """
    held = Caller.of(request).authority(organization_id).capabilities
    if not held.issuperset(capabilities):
        raise InsufficientPermissionsError({"required_capabilities": list(capabilities)})
    return held
