"""Lets the library read and write members as users, and departments as groups."""

from typing import Any

from scim2_models import (
    NotImplementedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
)
from scim2_server.storage import ScimStorage, SearchPage

from organizations.models import Connection
from organizations.scim.groups import Groups
from organizations.scim.users import Users


class MemberStorage(ScimStorage):
    """The users and groups of a connection's organization, for one request.

    With ``locks``, `get` locks what it reads until the transaction ends.
    """

    def __init__(self, connection: Connection, *, locks: bool, trace_id: str = "") -> None:
        self.users = Users(connection, trace_id)
        self.groups = Groups(connection, trace_id)
        self.locks = locks

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """Return a user or a group. Raises NotFoundException."""
        kind = self._of(resource_type)
        if self.locks:
            kind.lock(resource_id)
        return kind.get(resource_id, response_parameters)

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """Return a page of users or of groups. Raises InvalidFilterException."""
        if len(resource_types) > 1:
            raise NotImplementedException(detail="Search users and groups by themselves.")
        return self._of(resource_types[0]).search(search_request)

    def create(self, resource_type: ResourceType, resource: Any) -> Resource[Any]:
        """Add a member, or make a department; return it. Raises UniquenessException."""
        return self._of(resource_type).create(resource)

    def update(self, resource_type: ResourceType, resource: Any, **_: Any) -> Resource[Any]:
        """Give a user or a group this whole state; return it. Raises NotFoundException.

        The library calls it for a resource that it changed itself. `Handler` changes one attribute
        by attribute, so that a directory's faults keep nobody in.
        """
        return self._of(resource_type).update(resource)

    def delete(self, resource_type: ResourceType, resource_id: str, **_: Any) -> None:
        """Remove a member, or delete a department; resources have no versions to compare."""
        self._of(resource_type).delete(resource_id)

    def _of(self, resource_type: ResourceType) -> Users | Groups:
        return self.users if resource_type.name == "User" else self.groups
