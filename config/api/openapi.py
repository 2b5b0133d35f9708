"""The OpenAPI description of the API: schema, authentication, errors, headers."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, get_args

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
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

_HEADERS = {
    401: ("WWW-Authenticate", "`Bearer`"),
    405: ("Allow", "The methods that this address takes."),
    429: ("Retry-After", "Seconds after which to try again."),
    503: ("Retry-After", "Seconds after which to try again."),
}


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


class ApiSchema(AutoSchema):
    """Describes the body of a DELETE, which OpenAPI 3.1 allows and AutoSchema leaves out."""

    def _get_request_body(self, direction: str = "request") -> Any:
        method = self.method
        try:
            self.method = "POST" if method == "DELETE" else method
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the bearer token as an OpenAPI security scheme."""

    target_class = "users.authentication.BearerTokenAuthentication"
    name = "bearerToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return the security scheme."""
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


class StrictBody(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Declares that a strict body takes no other fields."""

    target_class = "config.api.strict.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """Return the schema of the body."""
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]
            self.target, direction, bypass_extensions=True
        )
        return schema | {"additionalProperties": False}


def error_responses(*refusals: ContractError) -> dict[int, OpenApiResponse]:
    """Return the responses for these and every operation's errors, with an example of each."""
    by_status: dict[int, list[ContractError]] = defaultdict(list)
    for error in (*refusals, *(named() for named in ERRORS_OF_EVERY_OPERATION)):
        by_status[error.status].append(error)
    return {
        status: OpenApiResponse(
            ErrorResponseSerializer,
            description="\n\n".join(f"`{error.code}`: {error.message}" for error in errors),
            examples=[
                OpenApiExample(
                    error.code,
                    value=envelope(error, EXAMPLE_TRACE_ID, at=EXAMPLE_TIME),
                    response_only=True,
                    status_codes=[str(status)],
                )
                for error in errors
            ],
        )
        for status, errors in sorted(by_status.items())
    }


def response_headers() -> list[OpenApiParameter]:
    """Return the headers of responses, and the one header that a request may have."""
    trace = OpenApiParameter(
        "X-Request-ID",
        str,
        OpenApiParameter.HEADER,
        description="Names the request.",
        response=False,
    )
    answered = OpenApiParameter(
        "X-Request-ID",
        str,
        OpenApiParameter.HEADER,
        description="The request's name.",
        response=True,
    )
    by_status = [
        OpenApiParameter(
            name, str, OpenApiParameter.HEADER, description=text, response=[str(status)]
        )
        for status, (name, text) in _HEADERS.items()
    ]
    return [trace, answered, *by_status]
