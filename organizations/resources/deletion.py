"""Deletes a resource that its own system has deleted."""

from django.db import transaction

from config.retries import OvertakenError, retried
from organizations.exceptions import ResourceNotFoundError
from organizations.guards.acts import DELETE_RESOURCES
from organizations.guards.caller import Caller
from organizations.guards.transfer_targets import resource_data
from organizations.locks import share_members
from organizations.models import Event, Resource
from organizations.resources.rows import find_one, owners_of


@retried
def delete(organization_id: str, resource_id: str, *, caller: Caller) -> None:
    """Delete a resource; an event says its type and its owner. Records of removals stay.

    Raises ResourceNotFoundError, and the ContractError of a caller who may not.
    """
    with transaction.atomic():
        read = find_one(organization_id, resource_id)
        share_members(organization_id, owners_of([read] if read else ()), caller=caller)
        caller.authority(organization_id, DELETE_RESOURCES)
        row = find_one(organization_id, resource_id, locks=True)
        if read is None or row is None:
            raise ResourceNotFoundError({"resource_id": resource_id})
        if row.owner != read.owner:
            raise OvertakenError("the resource passed to somebody else meanwhile")
        Resource.objects.filter(pk=row.id).delete()
        Event.objects.record(
            caller.event(
                Event.Type.RESOURCES_DELETED,
                organization_id,
                user_id=row.owner_id,
                data={"resources": [resource_data(row.type, 1, None)]},
            )
        )
