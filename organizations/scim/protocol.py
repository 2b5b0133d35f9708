"""Has the library answer a request: what it is told of this service, and where we differ."""

from typing import Any, Union

from django.db import DataError, IntegrityError, transaction
from psycopg import errors
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ETag,
    Filter,
    InvalidValueException,
    ListResponse,
    Patch,
    PatchOp,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    ScimPolicy,
    ScimProvider,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
    UniquenessException,
)
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService

from organizations.models import ScimConnection
from organizations.retries import retried
from organizations.scim.group_patch import GroupPatch
from organizations.scim.resources import Group, User
from organizations.scim.storage import MemberStorage
from organizations.scim.user_change import UserChange, with_readable_state
from organizations.scim.versions import version_of

PAGE = 200
READS = frozenset({"GET", "HEAD"})

# What directories send: attributes that nobody publishes, and the forms of Entra ID.
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)

PROVIDER = ScimProvider(
    models=[User, Group],
    policy=POLICY,
    config=ServiceProviderConfig(
        patch=Patch(supported=True),
        filter=Filter(supported=True, max_results=PAGE),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=False),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="The token that was shown when the connection was made.",
                primary=True,
            )
        ],
    ),
)


class Service(ScimService):
    """The protocol, as the directories know it."""

    def patch_response(
        self,
        base_url: str,
        resource: Resource[Any],
        response_parameters: ResponseParameters[Any],
    ) -> ScimResponse:
        """Answer a PATCH with the resource, asked for or not."""
        return self.replacement_response(base_url, resource, response_parameters)

    def read_creation(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        """Read the body of a POST; the state of a user as directories write it."""
        if resource_type.name == "User":
            body = with_readable_state(body)
        return super().read_creation(resource_type, body, content_type)

    def read_replacement(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Any:
        """Read the body of a PUT: of a user, attribute by attribute."""
        if resource_type.name == "User":
            self.ensure_json(content_type)
            return UserChange.replacing(body)
        return super().read_replacement(resource_type, body, content_type)

    def read_patch(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> Any:
        """Read the body of a PATCH: of a user, attribute by attribute."""
        if resource_type.name == "User":
            self.ensure_json(content_type)
            return UserChange.patching(body)
        return super().read_patch(resource_type, body, content_type)


class Handler(ScimHandler):
    """Serves one request; who belongs to a group is changed without reading the group."""

    storage: MemberStorage

    def __init__(self, storage: MemberStorage, request: ScimRequest) -> None:
        super().__init__(SERVICE, storage)
        self.request = request

    def patch_resource(
        self,
        resource_type: ResourceType,
        resource_id: str,
        patch_op: Any,
        conditions: Conditions,
    ) -> Resource[Any]:
        """Apply a PATCH; return the resource as it is then."""
        if isinstance(patch_op, UserChange):
            current = self.storage.get(resource_type, resource_id)
            return self.replace_resource(resource_type, current, patch_op, conditions)
        if patch := GroupPatch.of(patch_op):
            conditions.check(None, "PATCH")
            return self._change_group(resource_type, resource_id, patch)
        self.storage.groups.lock_members(resource_id)
        return super().patch_resource(resource_type, resource_id, patch_op, conditions)

    def replace_resource(
        self,
        resource_type: ResourceType,
        current: Resource[Any],
        replacement: Any,
        conditions: Conditions,
    ) -> Resource[Any]:
        """Apply a PUT, or a change of a user; return the resource as it is then."""
        self.service.check_preconditions(current, self.request.method, conditions)
        if isinstance(replacement, UserChange) and isinstance(current, User):
            return self._change_user(resource_type, current, replacement)
        return self._change_group(
            resource_type, current.id or "", GroupPatch.replacing(replacement)
        )

    def _change_user(
        self, resource_type: ResourceType, current: User, change: UserChange
    ) -> Resource[Any]:
        """Change a user, if that changes anything; return them."""
        users = self.storage.users
        users.is_leaving = change.state is False
        changed = current.model_copy(deep=True)
        for attribute, refusal in change.apply(changed):
            users.pass_over(current.id, attribute, refusal)
        if version_of(changed) == version_of(current):
            return current
        version = current.meta.version if current.meta else None
        return self.storage.update(resource_type, changed, expected_version=version)

    def _change_group(
        self, resource_type: ResourceType, group_id: str, patch: GroupPatch
    ) -> Resource[Any]:
        """Change a group; return of it what the request asks for."""
        self.storage.groups.patch(group_id, patch)
        asked = self.service.read_response_parameters(resource_type, self.request.query)
        return self.storage.groups.get(group_id, asked)


SERVICE = Service(PROVIDER)

# The library's messages for these resources. Pydantic drops such a class when nobody holds it, and
# takes 2 to 7 ms to make it again: as long as the rest of a look-up.
MESSAGES = [
    ListResponse[Union[tuple(SERVICE.get_models())]],  # type: ignore[misc]  # noqa: UP007
    *(
        message[model]
        for message in (SearchRequest, ResponseParameters, PatchOp)
        for model in (User, Group)
    ),
]


def answer(
    request: ScimRequest, connection: ScimConnection | None, *, trace_id: str
) -> ScimResponse:
    """Return the response to a request of a connection; without one, the service alone is shown.

    All that it does is done, or nothing is. Raises what the database cannot do now.
    """
    try:
        try:
            return _serve(request, connection, trace_id)
        except IntegrityError as error:
            if not isinstance(error.__cause__, errors.UniqueViolation):
                raise
            # Somebody else was faster: asked again, the request sees whom it means now.
            return _serve(request, connection, trace_id)
    except IntegrityError as error:
        if isinstance(error.__cause__, errors.UniqueViolation):
            return SERVICE.error_response(UniquenessException())
        raise
    except DataError:
        return SERVICE.error_response(
            InvalidValueException(detail="A value is too long, or cannot be stored.")
        )
    except SCIMException as refusal:
        return SERVICE.error_response(refusal)


@retried
def _serve(request: ScimRequest, connection: ScimConnection | None, trace_id: str) -> ScimResponse:
    """Serve a request in a transaction of its own, which is tried again as a whole."""
    if connection is None:
        with PROVIDER:
            return SERVICE.service_provider_config(request.url, request.query)
    storage = MemberStorage(connection, locks=request.method not in READS, trace_id=trace_id)
    with transaction.atomic():
        return Handler(storage, request).handle(request)
