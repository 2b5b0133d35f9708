"""The roles and the departments of a member are replaced by one complete list of each."""

from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe
from config.api.strict import IdField
from organizations.api import examples
from organizations.api.bodies import NOT_A_STRING, ReasonSerializer
from organizations.api.user import UserSerializer, user_example
from organizations.api.view import OrganizationView
from organizations.assignment.service import assign
from organizations.exceptions import LastOwnerCannotBeRemovedError, RoleNotFoundError
from organizations.guards.acts import ASSIGN
from users.api_view import AuthenticatedRequest


class AssignmentSerializer(ReasonSerializer):
    """What a user is to hold from now on."""

    role_ids = serializers.ListField(
        child=IdField(), help_text="All roles of the user, in any order: the complete list."
    )
    department_ids = serializers.ListField(
        child=IdField(), help_text="All departments of the user, in any order: the complete list."
    )


describe_assignment = describe(
    operation_id="updateUserMemberships",
    summary="Update a user's roles and departments",
    description=(
        "Makes these the roles and departments of a member, active or deactivated: what is not in a"
        " list is taken, what is missing is given, in one transaction. Both lists are required and"
        " complete. Where they say what is so already, nothing is written.\n\n"
        "Takes `assign_roles` or `manage_users`, and of what really changes: `assign_roles` for"
        " roles, `manage_users` for departments. Nobody changes a member who holds a capability"
        " that they do not hold, and nobody gives or takes a role with one. The Owner role is given"
        " by an owner alone. An active owner remains.\n\n"
        "The checks, in this order: (1) authentication, (2) membership of the caller,"
        " (3) permission, (4) a well-formed body, (5) the user's membership, (6) the user's"
        " capabilities, (7) a remaining owner, (8) the roles, then the departments, (9) permission"
        " for what changes."
    ),
    request=AssignmentSerializer,
    request_examples={
        "A role and a department": {
            "role_ids": ["role_member"],
            "department_ids": [examples.DEPARTMENT_ID],
        },
        "Nothing at all": {"role_ids": [], "department_ids": [], "reason": "On leave"},
    },
    examples=[user_example()],
    responses={200: UserSerializer},
    invalid={"role_ids": NOT_A_STRING},
    refusals=[
        examples.USER_NOT_FOUND,
        RoleNotFoundError({"role_id": "role_unknown"}),
        examples.DEPARTMENT_NOT_FOUND,
        LastOwnerCannotBeRemovedError(examples.LAST_OWNER),
    ],
)


class AssignmentView(OrganizationView):
    """What a user holds in an organization (members: memberships)."""

    act = ASSIGN

    @describe_assignment
    def patch(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        body = self.read_body(AssignmentSerializer)
        member = assign(
            organization_id,
            user_id,
            role_ids=body.validated_data["role_ids"],
            department_ids=body.validated_data["department_ids"],
            caller=self.caller_with_reason(body),
        )
        return Response(UserSerializer(member).data)
