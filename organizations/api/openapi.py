"""The OpenAPI descriptions of the removal and of its preview."""

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

from config.api.openapi import error_responses
from organizations.api.description import (
    ENDPOINT_ID,
    ORDER_OF_CHECKS,
    TARGETS_NOT_FOUND,
    USER_NOT_FOUND,
    of_user,
    refused_callers,
    unreadable_bodies,
)
from organizations.api.serializers import RemovalPreviewSerializer, RemovalSerializer
from organizations.api.transfer import TO_DEPARTMENT, TO_USER
from organizations.capabilities import Capability
from organizations.exceptions import ConfirmationRequiredError, LastOwnerCannotBeRemovedError
from organizations.sample import DEPARTMENT_ID, HEIR_ID, LEAVER_ID, ORGANIZATION_ID

describe_removal = extend_schema(
    operation_id="removeUser",
    summary="Remove user",
    tags=["Users"],
    description=(
        "Removes the user from the organization. All role assignments and department memberships"
        " are deleted and the membership is soft-deleted, in one transaction, on record. The"
        " user's account and other organizations are untouched. The user's access tokens open"
        " nothing here any more, also if they come back, and go on working elsewhere, except those"
        " that are bound to this membership, which end. What the user owns in the"
        " organization passes to a department or to an active member, if one of the two is named;"
        " else it stays theirs.\n\n"
        "Takes the capability `remove_users`; any member may remove themself. Nobody removes a"
        " member who holds a capability that they do not hold.\n\n"
        f"{ORDER_OF_CHECKS} The caller is asked again at the removal itself: who was removed"
        " meanwhile removes nobody. A second removal of the same user is a 404; of two at the same"
        " moment, one gets the 204. That 404 names the earlier removal in its details, by"
        " `removal_id` and `removed_at`: whoever lost the first answer learns that it was"
        " done.\n\n"
        "A 404 with the code `NOT_FOUND` says nothing about the user: there is no such address. One"
        " with a slash at its end is such, and its details name the one that was meant."
    ),
    parameters=of_user(),
    request=RemovalSerializer,
    examples=[
        OpenApiExample("Confirmed", value={"confirm": True}, request_only=True),
        OpenApiExample(
            "With a transfer",
            value={"confirm": True, TO_DEPARTMENT: DEPARTMENT_ID},
            request_only=True,
        ),
        OpenApiExample(
            "With a transfer to a person",
            value={"confirm": True, TO_USER: HEIR_ID, "reason": "Left for another job"},
            request_only=True,
        ),
    ],
    responses={
        204: OpenApiResponse(description="The user is removed. No body."),
        **error_responses(
            *refused_callers(Capability.REMOVE_USERS),
            *unreadable_bodies(TO_DEPARTMENT),
            ConfirmationRequiredError({"user_id": LEAVER_ID}),
            USER_NOT_FOUND,
            LastOwnerCannotBeRemovedError(
                {"user_id": LEAVER_ID, "organization_id": ORGANIZATION_ID}
            ),
            *TARGETS_NOT_FOUND,
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
    parameters=of_user(),
    examples=[
        OpenApiExample(
            "Sample",
            value={
                "user_id": LEAVER_ID,
                "organization_id": ORGANIZATION_ID,
                "roles": [{"id": "role_member", "name": "Member"}],
                "departments": [{"id": DEPARTMENT_ID, "name": "Engineering"}],
                "resource_count": 12,
                "token_count": 1,
                "webhook_endpoints": [{"id": ENDPOINT_ID, "description": "Payroll"}],
                "scheduled_removal": None,
                "scheduled_for_others": [],
                "can_be_removed": True,
                "blocked_by": None,
                "managed_by": None,
            },
            response_only=True,
        )
    ],
    responses={
        200: RemovalPreviewSerializer,
        **error_responses(*refused_callers(Capability.REMOVE_USERS), USER_NOT_FOUND),
    },
)
