"""Has the library answer a request: what it is told of this service, and where we differ."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Union

from django.db import DataError, IntegrityError, transaction
from psycopg import errors
from pydantic import ValidationError
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
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
from scim2_server.routing import Operation
from scim2_server.service import ModelT, ScimService

from organizations.models import ScimConnection
from organizations.retries import retried
from organizations.scim import bounds
from organizations.scim.group_patch import GroupPatch, split_members
from organizations.scim.resources import Group, GroupMember, User
from organizations.scim.storage import MemberStorage

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


@contextmanager
def _our_words() -> Iterator[None]:
    """Say what the library refuses to read as we say it."""
    try:
        yield
    except SCIMException as refusal:
        if isinstance(refusal.__cause__, ValidationError):
            raise bounds.in_our_words(refusal, refusal.__cause__) from refusal.__cause__
        raise


class Service(ScimService):
    """The protocol, as the directories know it: what it reads is bounded before."""

    def decode_body(self, body: bytes, content_type: str | None) -> Any:
        """Return what a body says. Raises InvalidSyntaxException."""
        self.ensure_json(content_type)
        return bounds.read_json(body)

    def read_body(
        self, model: type[ModelT], body: bytes, content_type: str | None, scim_ctx: Context
    ) -> ModelT:
        """Return the message in a body; the members of a group are read without the library."""
        content = self.decode_body(body, content_type)
        members = None
        if issubclass(model, Group):
            content, members = split_members(bounds.read_object(content))
        elif issubclass(model, User):
            content = bounds.bounded_user(content)
        else:
            content = bounds.bounded_patch(content)
        with _our_words():
            read = super().read_body(model, json.dumps(content).encode(), content_type, scim_ctx)
        if members is None:
            return read
        named = [GroupMember.model_construct(value=user_id) for user_id in members]
        return read.model_copy(update={"members": named})

    def read_search(
        self, resource_types: list[ResourceType], payload: Any
    ) -> tuple[SearchRequest[Any], Any]:
        """Return what a search asks for."""
        bounded = bounds.bounded_search(payload)
        with _our_words():
            return super().read_search(resource_types, bounded)

    def read_response_parameters(
        self, resource_type: ResourceType, query: Mapping[str, str]
    ) -> ResponseParameters[Any]:
        """Return which attributes a request asks for."""
        for name in ("attributes", "excludedAttributes"):
            bounds.check_names(query.get(name))
        with _our_words():
            return super().read_response_parameters(resource_type, query)

    @staticmethod
    def read_conditions(request: ScimRequest) -> Conditions:
        """Return the conditions of a request."""
        return Conditions(
            if_match=bounds.check_header(request.header("If-Match")),
            if_none_match=bounds.check_header(request.header("If-None-Match")),
        )

    def publish(self, base_url: str, resource: Resource[Any]) -> Resource[Any]:
        """Return a copy as the client is shown it; a group's without members: see the handler."""
        if isinstance(resource, Group):
            resource = resource.model_copy(update={"members": None})
        return super().publish(base_url, resource)

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

    def handle(self, request: ScimRequest) -> ScimResponse:
        """Answer the request, with the members of the groups in the answer.

        The library takes a second to show 10,000 of them.
        """
        response = super().handle(request)
        if isinstance(response.body, dict):
            shown = response.body.get("Resources", [response.body])
            self.storage.groups.show_members(shown, request.base_url)
        return response

    def patch(self, request: ScimRequest) -> ScimResponse:
        """Answer a PATCH: of a group with its attributes where the request names some, else 204."""
        target = self.service.route(request, Operation.patch)
        kind = self.service.resource_type_at(target.endpoint or "")
        if kind.name != "Group":
            return super().patch(request)
        with self.service.provider:
            asked = self.service.read_response_parameters(kind, request.query)
            content = self.service.decode_body(request.body, request.header("Content-Type"))
            operations = bounds.operations_of(bounds.read_object(content))
            self.service.read_conditions(request).check(None, "PATCH")
            group_id = target.resource_id or ""
            self.storage.groups.patch(group_id, GroupPatch.of(operations))
            if not asked.attributes:
                return ScimResponse(HTTPStatus.NO_CONTENT)
            group = self.storage.groups.get(group_id, asked)
            return self.service.replacement_response(request.base_url, group, asked)

    def replace_resource(
        self,
        resource_type: ResourceType,
        current: Resource[Any],
        replacement: Resource[Any],
        conditions: Conditions,
    ) -> Resource[Any]:
        """Apply a PUT; return the resource as it is then."""
        if not isinstance(replacement, Group):
            return super().replace_resource(resource_type, current, replacement, conditions)
        self.service.check_preconditions(current, "PUT", conditions)
        group_id = current.id or ""
        self.storage.groups.patch(group_id, GroupPatch.replacing(replacement))
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
