"""What the OpenAPI page says of each endpoint."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from config.api.errors import (
    InvalidFieldsError,
    MalformedRequestError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
)
from config.api.openapi import error_responses, response_headers
from organizations.api.serializers import RemovalPreviewSerializer, RemovalSerializer
from organizations.exceptions import (
    ConfirmationRequiredError,
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
    OrganizationAccessDeniedError,
    UserNotFoundError,
)
from organizations.sample import DEPARTMENT_ID, LEAVER_ID, ORGANIZATION_ID

_PARAMETERS = [
    *(
        OpenApiParameter(
            name,
            str,
            OpenApiParameter.PATH,
            description=f"`{example}`",
            examples=[OpenApiExample("Sample", value=example)],
        )
        for name, example in (("organization_id", ORGANIZATION_ID), ("user_id", LEAVER_ID))
    ),
    *response_headers(),
]
_REFUSED_CALLERS = (
    OrganizationAccessDeniedError({"organization_id": ORGANIZATION_ID}),
    InsufficientPermissionsError({"required_capabilities": ["remove_users"]}),
    UserNotFoundError({"user_id": LEAVER_ID}),
)

describe_removal = extend_schema(
    operation_id="removeUser",
    summary="Remove user",
    tags=["Users"],
    description=(
        "Removes the user from the organization. All role assignments and department memberships"
        " are deleted and the membership is soft-deleted, in one transaction, on record. The"
        " user's account, tokens and other organizations are untouched.\n\n"
        "Takes the capability `remove_users`; any member may remove themself. Nobody removes a"
        " member who holds a capability that they do not hold.\n\n"
        "The checks, in this order: (1) authentication, (2) membership of the caller,"
        " (3) permission, (4) a well-formed body, then confirmation, (5) the user's membership,"
        " (6) the user's capabilities, (7) a remaining owner, (8) the department. What the caller"
        " may do is looked up once, before the removal. A second removal of the same user is a 404;"
        " of two at the same moment, one gets the 204. That 404 names the earlier removal in its"
        " details, by `removal_id` and `removed_at`: whoever lost the first answer learns that it"
        " was done.\n\n"
        "A 404 with the code `NOT_FOUND` says nothing about the user: there is no such address. One"
        " with a slash at its end is such, and its details name the one that was meant."
    ),
    parameters=_PARAMETERS,
    request=RemovalSerializer,
    examples=[
        OpenApiExample("Confirmed", value={"confirm": True}, request_only=True),
        OpenApiExample(
            "With a transfer",
            value={"confirm": True, "transfer_resources_to_department_id": DEPARTMENT_ID},
            request_only=True,
        ),
    ],
    responses={
        204: OpenApiResponse(description="The user is removed. No body."),
        **error_responses(
            MalformedRequestError(),
            *_REFUSED_CALLERS,
            DepartmentNotFoundError({"department_id": DEPARTMENT_ID}),
            PayloadTooLargeError(),
            UnsupportedMediaTypeError(),
            ConfirmationRequiredError({"user_id": LEAVER_ID}),
            InvalidFieldsError({"confirm": ["Must be true or false."]}),
            LastOwnerCannotBeRemovedError(
                {"user_id": LEAVER_ID, "organization_id": ORGANIZATION_ID}
            ),
        ),
    },
)

describe_preview = extend_schema(
    operation_id="previewRemoval",
    summary="Preview a removal",
    tags=["Users"],
    description=(
        "What a removal would do, without doing it: the same checks as the removal except"
        " confirmation and department. A last owner, or a user above the caller, is reported by"
        " `can_be_removed` and `blocked_by`, not as an error."
    ),
    parameters=_PARAMETERS,
    responses={
        200: RemovalPreviewSerializer,
        **error_responses(*_REFUSED_CALLERS),
    },
)
