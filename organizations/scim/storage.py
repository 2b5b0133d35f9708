"""Where the library reads and writes: members as users, departments as groups."""

from typing import Any, Protocol

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


class Kind(Protocol):
    """What both kinds of resources can do, each with its own."""

    def lock(self, resource_id: str, /) -> None: ...
    def get(
        self, resource_id: str, parameters: ResponseParameters[Any] | None = None, /
    ) -> Resource[Any]: ...
    def search(self, search_request: SearchRequest[Any], /) -> SearchPage: ...
    def create(self, resource: Any, /) -> Resource[Any]: ...
    def update(self, resource: Any, expected_version: str | None, /) -> Resource[Any]: ...
    def delete(self, resource_id: str, expected_version: str | None, /) -> None: ...


class MemberStorage(ScimStorage):
    """What one connection reads and writes in its organization, for one request.

    With ``locks``, what is read is locked first: the library reads, changes its copy and has the
    whole written, and nobody may come between.
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

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Add a member, or make a department; return it. Raises UniquenessException."""
        return self._of(resource_type).create(resource)

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        """Write what differs from what is there; return the result."""
        return self._of(resource_type).update(resource, expected_version)

    def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        """Remove a member, or delete a department."""
        self._of(resource_type).delete(resource_id, expected_version)

    def _of(self, resource_type: ResourceType) -> Kind:
        """Return what serves this type."""
        return self.users if resource_type.name == "User" else self.groups
