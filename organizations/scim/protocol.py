"""Configures the library that answers requests, and overrides it where this service differs."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Union

from django.db import DataError, IntegrityError, transaction
from psycopg import errors
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
from scim2_server.storage import SearchPage

from config.retries import retried
from organizations.models import ConnectionToken
from organizations.scim import bounds
from organizations.scim.connections import share_connection
from organizations.scim.group_patch import GroupPatch, split_members
from organizations.scim.long_lists import add_other_entries, with_one_entry
from organizations.scim.resources import Group, GroupMember, User
from organizations.scim.storage import MemberStorage
from organizations.scim.user_patch import UserChange, with_readable_state

PAGE = 200

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
def _rephrased_refusals() -> Iterator[None]:
    """Raise the library's refusals in this service's own words."""
    try:
        yield
    except SCIMException as refusal:
        raise bounds.rephrased(refusal) if refusal.scim_type else refusal from refusal.__cause__


def _complete(response: ScimResponse, resource: Resource[Any], base_url: str) -> ScimResponse:
    """Return a response with the entries that `publish` left out."""
    if response.body is not None:
        add_other_entries(response.body, resource, base_url)
    return response


class Service(ScimService):
    """The library's service, which checks the limits of what it reads first."""

    def decode_body(self, body: bytes, content_type: str | None) -> Any:
        """Return the JSON in a body. Raises InvalidSyntaxException."""
        self.ensure_json(content_type)
        return bounds.read_json(body)

    def read_body(
        self, model: type[ModelT], body: bytes, content_type: str | None, scim_ctx: Context
    ) -> ModelT:
        """Return the user or group in a body; members are read without the library.

        `Handler` reads the bodies of a PATCH itself, and those of a user's PUT.
        """
        content = self.decode_body(body, content_type)
        members = None
        if issubclass(model, Group):
            content, members = split_members(bounds.read_object(content))
        else:
            content = with_readable_state(bounds.bounded_user(content))
        with _rephrased_refusals():
            read = super().read_body(model, json.dumps(content).encode(), content_type, scim_ctx)
        if members is None:
            return read
        named = [GroupMember.model_construct(value=user_id) for user_id in members]
        return read.model_copy(update={"members": named})

    def read_search(
        self, resource_types: list[ResourceType], payload: Any
    ) -> tuple[SearchRequest[Any], Any]:
        bounded = bounds.bounded_search(payload)
        with _rephrased_refusals():
            return super().read_search(resource_types, bounded)

    def read_response_parameters(
        self, resource_type: ResourceType, query: Mapping[str, str]
    ) -> ResponseParameters[Any]:
        bounded = {
            name: str(bounds.bounded_names(query[name]))
            for name in ("attributes", "excludedAttributes")
            if name in query
        }
        with _rephrased_refusals():
            return super().read_response_parameters(resource_type, bounded)

    @staticmethod
    def read_conditions(request: ScimRequest) -> Conditions:
        return Conditions(
            if_match=bounds.check_header(request.header("If-Match")),
            if_none_match=bounds.check_header(request.header("If-None-Match")),
        )

    def publish(self, base_url: str, resource: Resource[Any]) -> Resource[Any]:
        """Return the copy that the client sees, but with one entry of its long list."""
        return super().publish(base_url, with_one_entry(resource))

    def creation_response(self, base_url: str, created: Resource[Any]) -> ScimResponse:
        response = super().creation_response(base_url, created)
        return _complete(response, created, base_url)

    def query_response(
        self,
        base_url: str,
        resource: Resource[Any],
        response_parameters: ResponseParameters[Any],
        conditions: Conditions,
    ) -> ScimResponse:
        response = super().query_response(base_url, resource, response_parameters, conditions)
        return _complete(response, resource, base_url)

    def replacement_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        response = super().replacement_response(base_url, resource, response_parameters)
        return _complete(response, resource, base_url)

    def search_response(
        self,
        base_url: str,
        resource_types: list[ResourceType],
        page: SearchPage,
        search_request: SearchRequest[Any],
    ) -> ScimResponse:
        response = super().search_response(base_url, resource_types, page, search_request)
        shown = (response.body or {}).get("Resources", [])
        for found, resource in zip(shown, page.resources, strict=True):
            add_other_entries(found, resource, base_url)
        return response


class Handler(ScimHandler):
    """Serves one request; PUT and PATCH change a group without loading its members' rows."""

    storage: MemberStorage

    def replace(self, request: ScimRequest) -> ScimResponse:
        """Answer a PUT; attributes that it does not name stay."""
        with self.service.provider:
            kind, resource_id, parameters = self._target(request, Operation.replace)
            if kind.name == "User":
                return self._change_user(request, resource_id, parameters, UserChange.replacing)
            self.storage.groups.lock(resource_id)
            group: Any = self.service.read_replacement(
                kind, request.body, request.header("Content-Type")
            )
            return self._change_group(request, resource_id, parameters, GroupPatch.replacing(group))

    def patch(self, request: ScimRequest) -> ScimResponse:
        """Answer a PATCH: of a group with its attributes where the request names some, else 204."""
        with self.service.provider:
            kind, resource_id, parameters = self._target(request, Operation.patch)
            if kind.name == "User":
                return self._change_user(request, resource_id, parameters, UserChange.patching)
            content = self.service.decode_body(request.body, request.header("Content-Type"))
            change = GroupPatch.of(bounds.operations_of(bounds.read_object(content)))
            return self._change_group(request, resource_id, parameters, change)

    def _target(
        self, request: ScimRequest, operation: Operation
    ) -> tuple[ResourceType, str, ResponseParameters[Any]]:
        """Return the type and id of the resource, and what its answer shows."""
        target = self.service.route(request, operation)
        kind = self.service.resource_type_at(target.endpoint or "")
        parameters = self.service.read_response_parameters(kind, request.query)
        return kind, target.resource_id or "", parameters

    def _change_user(
        self,
        request: ScimRequest,
        user_id: str,
        parameters: ResponseParameters[Any],
        read: Callable[[bytes], UserChange],
    ) -> ScimResponse:
        """Change a user, who is locked and read once."""
        self.service.ensure_json(request.header("Content-Type"))
        change = read(request.body)
        conditions = self.service.read_conditions(request)
        member = self.storage.users.find_locked(user_id)
        conditions.check(None, request.method)
        self.storage.users.change(member, change)
        return self.service.replacement_response(request.base_url, member.as_user(), parameters)

    def _change_group(
        self,
        request: ScimRequest,
        group_id: str,
        parameters: ResponseParameters[Any],
        change: GroupPatch,
    ) -> ScimResponse:
        self.service.read_conditions(request).check(None, request.method)
        self.storage.groups.patch(group_id, change)
        if request.method == "PATCH" and not parameters.attributes:
            return ScimResponse(HTTPStatus.NO_CONTENT)
        group = self.storage.groups.get(group_id, parameters)
        return self.service.replacement_response(request.base_url, group, parameters)


SERVICE = Service(PROVIDER)

# Keeps the library's message classes for these resources alive: pydantic drops one that nothing
# refers to, and takes 2 to 7 ms to make it again, as long as the rest of a look-up.
MESSAGES = [
    ListResponse[Union[tuple(SERVICE.get_models())]],  # type: ignore[misc]  # noqa: UP007
    *(
        message[model]
        for message in (SearchRequest, ResponseParameters, PatchOp)
        for model in (User, Group)
    ),
]


def answer(request: ScimRequest, token: ConnectionToken | None, *, trace_id: str) -> ScimResponse:
    """Return the response to a request; one without a token gets the service's description.

    A request takes effect as a whole or not at all. Raises the errors of a database that fails.
    """
    try:
        try:
            return _serve(request, token, trace_id)
        except IntegrityError as error:
            if not isinstance(error.__cause__, errors.UniqueViolation):
                raise
            # Another request took the name first; the second attempt sees whose it is.
            return _serve(request, token, trace_id)
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
def _serve(request: ScimRequest, token: ConnectionToken | None, trace_id: str) -> ScimResponse:
    """Serve a request in its own transaction; a deadlock repeats the whole of it."""
    if token is None:
        with PROVIDER:
            return SERVICE.service_provider_config(request.url, request.query)
    changes = request.method != "GET"
    with transaction.atomic():
        connection = share_connection(token) if changes else token.connection
        storage = MemberStorage(connection, locks=changes, trace_id=trace_id)
        return Handler(SERVICE, storage).handle(request)
