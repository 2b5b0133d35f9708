"""What whoever asked for a removal may do when it is due."""

from organizations.access import capabilities_in, staff_may
from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.exceptions import InsufficientPermissionsError, OrganizationAccessDeniedError
from organizations.models import ScheduledRemoval, Source


def authority_of(schedule: ScheduledRemoval) -> frozenset[Capability]:
    """Return what the requester of a schedule may do in its organization now.

    Raises the ContractError that a removal which they asked for at this moment would meet: members
    need the capability and a working account, staff the permission. A run of the command holds as
    it was given.
    """
    requester = schedule.requested_by
    if schedule.source == Source.COMMAND:
        return ALL_CAPABILITIES
    if requester is None or not requester.is_active:
        raise OrganizationAccessDeniedError({"organization_id": schedule.organization_id})
    if schedule.source == Source.ADMIN:
        if not staff_may(requester, "remove"):
            raise InsufficientPermissionsError
        return ALL_CAPABILITIES
    authority = capabilities_in(schedule.organization_id, requester, None)
    if Capability.REMOVE_USERS not in authority:
        raise InsufficientPermissionsError({"required_capabilities": [Capability.REMOVE_USERS]})
    return authority
