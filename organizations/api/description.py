"""What the descriptions of several endpoints have in common."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from config.api.errors import (
    InvalidFieldsError,
    MalformedRequestError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
)
from config.api.openapi import response_headers
from config.errors import ContractError
from organizations.capabilities import Capability
from organizations.exceptions import (
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    OrganizationAccessDeniedError,
    TransferUserNotFoundError,
    UserNotFoundError,
    WebhookEndpointNotFoundError,
)
from organizations.sample import DEPARTMENT_ID, HEIR_ID, LEAVER_ID, ORGANIZATION_ID

REMOVAL_ID = "rem_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"
EVENT_ID = "evt_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"
ENDPOINT_ID = "we_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"
DELIVERY_ID = "dlv_01JFQ8Z6V2T8M3N4P5Q6R7S8T9"

ORDER_OF_CHECKS = (
    "The checks, in this order: (1) authentication, (2) membership of the caller, (3) permission,"
    " (4) a well-formed body, then confirmation, (5) the user's membership, (6) the user's"
    " capabilities, (7) a remaining owner, (8) the department or the person who takes over."
)

TARGETS_NOT_FOUND = (
    DepartmentNotFoundError({"department_id": DEPARTMENT_ID}),
    TransferUserNotFoundError({"user_id": HEIR_ID}),
)
USER_NOT_FOUND = UserNotFoundError({"user_id": LEAVER_ID})
ENDPOINT_NOT_FOUND = WebhookEndpointNotFoundError({"endpoint_id": ENDPOINT_ID})


def of_organization() -> list[OpenApiParameter]:
    """Return the parameters of an endpoint that is an organization's."""
    return [_path_parameter("organization_id", ORGANIZATION_ID), *response_headers()]


def of_removal() -> list[OpenApiParameter]:
    """Return the parameters of an endpoint that is the record's of a removal."""
    return [
        _path_parameter("organization_id", ORGANIZATION_ID),
        _path_parameter("removal_id", REMOVAL_ID),
        *response_headers(),
    ]


def of_endpoint() -> list[OpenApiParameter]:
    """Return the parameters of a request that is about a webhook endpoint."""
    return [
        _path_parameter("organization_id", ORGANIZATION_ID),
        _path_parameter("endpoint_id", ENDPOINT_ID),
        *response_headers(),
    ]


def of_delivery() -> list[OpenApiParameter]:
    """Return the parameters of a request that is about a delivery to a webhook endpoint."""
    return [*of_endpoint(), _path_parameter("delivery_id", DELIVERY_ID)]


def of_user() -> list[OpenApiParameter]:
    """Return the parameters of an endpoint that is a user's in an organization."""
    return [
        _path_parameter("organization_id", ORGANIZATION_ID),
        _path_parameter("user_id", LEAVER_ID),
        *response_headers(),
    ]


def refused_callers(*needed: Capability) -> tuple[ContractError, ...]:
    """Return the errors for callers who may not do what takes one of these, or membership alone."""
    denied = OrganizationAccessDeniedError({"organization_id": ORGANIZATION_ID})
    if not needed:
        return (denied,)
    return (denied, InsufficientPermissionsError({"required_capabilities": list(needed)}))


def malformed_query(parameter: str, message: str) -> ContractError:
    """Return the error for a query that is not understood, as this parameter may be."""
    return InvalidFieldsError({parameter: [message]})


def unreadable_bodies(field: str) -> tuple[ContractError, ...]:
    """Return the errors for bodies that cannot be taken, a wrong type of this field among them."""
    return (
        MalformedRequestError(),
        PayloadTooLargeError(),
        UnsupportedMediaTypeError(),
        InvalidFieldsError({field: ["Not a valid string."]}),
    )


def _path_parameter(name: str, example: str) -> OpenApiParameter:
    """Return a part of the path, with the sample's id."""
    return OpenApiParameter(
        name,
        str,
        OpenApiParameter.PATH,
        description=f"`{example}`",
        examples=[OpenApiExample("Sample", value=example)],
    )
