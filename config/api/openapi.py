"""Derives from the views what all operations of the OpenAPI description have in common."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar, get_args

import uritemplate
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers

from config.api import errors
from config.api.envelope import envelope
from config.errors import ContractError, ErrorType

EXAMPLE_TRACE_ID = "1f0e8a52c4b54c6b9a37d1f6a4a1c0de"
EXAMPLE_TIME = datetime(2025, 12, 22, 15, 30, tzinfo=UTC)

# Errors that every operation can return.
ERRORS_OF_EVERY_OPERATION: tuple[type[ContractError], ...] = (
    errors.AuthenticationRequiredError,
    errors.TokenInvalidError,
    errors.TokenExpiredError,
    errors.HttpsRequiredError,
    errors.MethodNotAllowedError,
    errors.NotAcceptableError,
    errors.RateLimitedError,
    errors.InternalError,
    errors.ServiceUnavailableError,
)
ERRORS_OF_EVERY_BODY: tuple[type[ContractError], ...] = (
    errors.MalformedRequestError,
    errors.PayloadTooLargeError,
    errors.UnsupportedMediaTypeError,
)

Operation = TypeVar("Operation", bound=Callable[..., Any])
View = TypeVar("View", bound=type[Any])

# Name, description, and whether it is a request's, every response's, or those of some statuses.
_HEADERS: tuple[tuple[str, str, bool | list[str]], ...] = (
    ("X-Request-ID", "Names the request.", False),
    ("X-Request-ID", "The request's name.", True),
    ("WWW-Authenticate", "`Bearer`, and with a wrong token its `error`.", ["401"]),
    ("Allow", "The methods that this address takes.", ["405"]),
    ("Retry-After", "Seconds after which to try again.", ["429", "503"]),
)


class ErrorDetailSerializer(serializers.Serializer[ContractError]):
    """What went wrong."""

    code = serializers.CharField(help_text="What a program decides by.")
    message = serializers.CharField(help_text="Safe to show to a person.")
    system_message = serializers.CharField(help_text="For developers and logs.")
    type = serializers.ChoiceField(choices=get_args(ErrorType))
    status = serializers.IntegerField(help_text="The HTTP status.")
    details = serializers.DictField(help_text="What the error is about; may be empty.")
    trace_id = serializers.CharField(help_text="The request's `X-Request-ID`.")
    timestamp = serializers.DateTimeField(help_text="UTC, whole seconds.")


class ErrorResponseSerializer(serializers.Serializer[ContractError]):
    """The body of every error."""

    success = serializers.BooleanField(help_text="Always false.")
    error = ErrorDetailSerializer()


def describe(
    *,
    request: Any = None,
    request_examples: Mapping[str, object] | None = None,
    examples: Sequence[OpenApiExample] = (),
    no_content: str = "",
    refusals: Sequence[ContractError] = (),
    invalid: Mapping[str, str] | None = None,
    **options: Any,
) -> Callable[[Operation], Operation]:
    """Describe an operation, as `extend_schema` does, with its own errors and those of its kind.

    It has a body if ``request`` names one; ``request_examples`` are examples of it by name.
    ``no_content`` describes a 204. ``refusals`` are examples of its own errors. ``invalid`` is an
    example of the parameters or fields that make a request a VALIDATION_ERROR, with their messages.
    """
    if no_content:
        options["responses"] = {204: OpenApiResponse(description=no_content)}
    bodies = [
        OpenApiExample(name, value=value, request_only=True)
        for name, value in (request_examples or {}).items()
    ]
    wrong = {name: [message] for name, message in (invalid or {}).items()}

    def decorate(operation: Operation) -> Operation:
        own = [errors.InvalidFieldsError(wrong), *refusals] if wrong else refusals
        operation.refusals = own  # type: ignore[attr-defined]  # for ApiSchema
        return extend_schema(request=request, examples=[*bodies, *examples], **options)(operation)

    return decorate


def describe_list(**options: Any) -> Callable[[View], View]:
    """Describe the GET of a view that lists, as `describe` does an operation."""
    return extend_schema_view(get=describe(**options))


def response_example(value: object, *, name: str = "Sample", **options: Any) -> OpenApiExample:
    """Return an example of what an operation, or a serializer, answers."""
    return OpenApiExample(name, value=value, response_only=True, **options)


class ApiSchema(AutoSchema):
    """Describes an operation with the tag, path, headers and errors that its view implies.

    The body of a DELETE, which OpenAPI 3.1 allows and AutoSchema leaves out, is described, too. In
    the body of a PATCH everything is optional only if its serializer is partial.
    """

    def get_override_parameters(self) -> list[Any]:
        examples = getattr(self.view, "path_examples", {})
        path = (
            OpenApiParameter(
                name,
                str,
                OpenApiParameter.PATH,
                description=f"`{examples[name]}`",
                examples=[OpenApiExample("Sample", value=examples[name])],
            )
            for name in uritemplate.variables(self.path)
            if name in examples
        )
        headers = (
            OpenApiParameter(name, str, "header", description=text, response=response)
            for name, text, response in _HEADERS
        )
        return [*path, *headers]

    def get_tags(self) -> list[str]:
        """Return the tag of the view, or else what the path names in an organization."""
        _, _, named = self.path.partition("{organization_id}/")
        tag = getattr(self.view, "tag", "")
        return [tag or named.partition("/")[0].replace("-", " ").capitalize()]

    def _get_request_body(self, direction: str = "request") -> Any:
        method = self.method
        try:
            self.method = "POST" if method in {"DELETE", "PATCH"} else method
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        by_status: dict[int, list[ContractError]] = defaultdict(list)
        for error in self._errors():
            by_status[error.status].append(error)
        for status, refusals in sorted(by_status.items()):
            bodies[str(status)] = self._refer_to_error_response(status, refusals)
        return bodies

    def _errors(self) -> list[ContractError]:
        """Return an example of every error of the operation."""
        operation = getattr(self.view, self.method.lower())
        of_callers = getattr(self.view, "refusals_of_callers", lambda method: ())
        of_body = ERRORS_OF_EVERY_BODY if self._get_request_body() else ()
        return [
            *of_callers(self.method),
            *(named() for named in of_body),
            *getattr(operation, "refusals", ()),
            *(named() for named in ERRORS_OF_EVERY_OPERATION),
        ]

    def _refer_to_error_response(
        self, status: int, refusals: Sequence[ContractError]
    ) -> dict[str, Any]:
        """Return a reference to the component that all operations with these errors share."""
        response = self._get_response_for_code(  # type: ignore[no-untyped-call]
            _error_response(refusals), str(status), ["application/json"]
        )
        name = _name_of(status, refusals)
        while True:
            component = ResolvedComponent(  # type: ignore[no-untyped-call]
                name, ResolvedComponent.RESPONSE, schema=response, object=response
            )
            registered = self.registry._components.setdefault(component.key, component)
            if registered.schema == response:
                return registered.ref
            name += "_"  # the same errors, but with other details


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the bearer token as an OpenAPI security scheme."""

    target_class = "users.authentication.BearerTokenAuthentication"
    name = "bearerToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": (
                "`manage.py create_token EMAIL` makes a token, which acts for a person. Bound to an"
                " organization, it acts there alone, and ends with the membership that the person"
                " has there. Bound to none, it reaches the memberships that began before it was"
                " issued: elsewhere, and wherever the person is added or restored later, the answer"
                " is 403 `ORGANIZATION_ACCESS_DENIED`, as to a stranger."
            ),
        }


class ConnectionTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the token of a connection as an OpenAPI security scheme."""

    target_class = "organizations.api.authentication.ConnectionAuthentication"
    name = "connectionToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": (
                "A connection's token acts for a program, with the capabilities of the connection,"
                " in its organization alone. `POST /v1/organizations/{organization_id}/connections`"
                " makes one. It survives whoever made it."
            ),
        }


class StrictBody(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Declares that a strict body takes no other fields and requires no optional one."""

    target_class = "config.api.strict.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]
            self.target, direction, bypass_extensions=True
        )
        for field in schema["properties"].values():
            # Some generators take a field with a default for one that must be sent.
            field.pop("default", None)
        return schema | {"additionalProperties": False}


def ecma_pattern(pattern: str) -> str:
    r"""Return Python's regular expression as JSON Schema has it, without ``\A`` and ``\Z``."""
    return pattern.replace(r"\A", "^").replace(r"\Z", "$")


def _error_response(refusals: Sequence[ContractError]) -> OpenApiResponse:
    """Return the response for errors of one status, with an example of each."""
    return OpenApiResponse(
        ErrorResponseSerializer,
        description="\n\n".join(f"`{error.code}`: {error.message}" for error in refusals),
        examples=[
            OpenApiExample(
                error.code,
                value=envelope(error, EXAMPLE_TRACE_ID, at=EXAMPLE_TIME),
                response_only=True,
                status_codes=[str(error.status)],
            )
            for error in refusals
        ],
    )


def _name_of(status: int, refusals: Sequence[ContractError]) -> str:
    """Return the name of a component, made of the operation's own errors or else of the status.

    The capabilities that a caller needs and the invalid fields are part of it.
    """
    parts = []
    for error in refusals:
        if type(error) not in ERRORS_OF_EVERY_OPERATION:
            fields = error.details if isinstance(error, errors.InvalidFieldsError) else ()
            needed: Any = error.details.get("required_capabilities", fields)
            parts += [type(error).__name__.removesuffix("Error"), *needed]
    return "_".join(parts) or HTTPStatus(status).phrase.replace(" ", "")
