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

PAGE = 200
MOST_OPERATIONS = 100  # of a PATCH of a user
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

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """Replace what the request names, and leave the rest as it is."""
        for name in type(current).model_fields:
            if name not in replacement.model_fields_set:
                setattr(replacement, name, getattr(current, name))
        return super().apply_replacement(current, replacement, conditions)


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
        patch_op: "PatchOp[Any]",
        conditions: Conditions,
    ) -> Resource[Any]:
        """Apply a PATCH; return the resource as it is then."""
        # Each is applied to the whole resource: of 3,000 that add an e-mail it takes 26 s.
        if resource_type.name == "User" and len(patch_op.operations or ()) > MOST_OPERATIONS:
            raise InvalidValueException(detail=f"At most {MOST_OPERATIONS} operations on a user.")
        if resource_type.name == "Group":
            if patch := GroupPatch.of(patch_op):
                conditions.check(None, "PATCH")
                return self._change_group(resource_type, resource_id, patch)
            self.storage.groups.lock_members(resource_id)
        return super().patch_resource(resource_type, resource_id, patch_op, conditions)

    def replace_resource(
        self,
        resource_type: ResourceType,
        current: Resource[Any],
        replacement: Resource[Any],
        conditions: Conditions,
    ) -> Resource[Any]:
        """Apply a PUT; return the resource as it is then."""
        if isinstance(replacement, Group):
            self.service.check_preconditions(current, "PUT", conditions)
            return self._change_group(
                resource_type, current.id or "", GroupPatch.replacing(replacement)
            )
        return super().replace_resource(resource_type, current, replacement, conditions)

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
        return _serve(request, connection, trace_id)
    except IntegrityError as error:
        if isinstance(error.__cause__, errors.UniqueViolation):  # somebody else was faster
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
