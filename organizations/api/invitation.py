"""Somebody is invited by an e-mail address: they are a member at once, and told by mail."""

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe
from config.api.strict import IdField, StrictBooleanField, StrictNameField, StrictStringField
from config.api.throttling import InvitationRateThrottle, TokenRateThrottle
from organizations.api import examples
from organizations.api.bodies import ReasonSerializer
from organizations.api.user import UserSerializer, find_user, user_example
from organizations.api.view import OrganizationView
from organizations.exceptions import (
    DomainNotAllowedError,
    MembershipAlreadyExistsError,
    RoleNotFoundError,
)
from organizations.guards.acts import ADD
from organizations.guards.caller import Caller
from organizations.invitation.service import MOST, invite
from users.api_view import AuthenticatedRequest
from users.email_address import LONGEST_TYPED, canonical_address, validate_address
from users.models import User

LONGEST_MESSAGE = 1000
_LONGEST_ADDRESS = 254
_LONGEST_NAME = User._meta.get_field("full_name").max_length or 0
_NO_ADDRESS = "Must be an e-mail address."


class InvitationSerializer(ReasonSerializer):
    """Whom to add, with what, and what to tell them."""

    email = StrictStringField(
        max_length=LONGEST_TYPED,
        help_text="In any case: the account with this address, or else a new one.",
    )
    full_name = StrictNameField(
        max_length=255,
        help_text=(
            f"The name of a new account, which keeps {_LONGEST_NAME} characters of it; an account"
            " that is there keeps its own."
        ),
    )
    role_ids = serializers.ListField(child=IdField(), default=list, help_text="In any order.")
    department_ids = serializers.ListField(child=IdField(), default=list, help_text="In any order.")
    send_invitation = StrictBooleanField(
        default=True, help_text="Whether to mail them; they are a member at once in any case."
    )
    custom_message = StrictStringField(
        allow_blank=True,
        default="",
        max_length=LONGEST_MESSAGE,
        help_text="Quoted in the mail, as plain text.",
    )

    def validate_email(self, email: str) -> str:
        address = canonical_address(email)
        try:
            validate_address(address)
        except ValidationError as error:
            raise serializers.ValidationError(_NO_ADDRESS) from error
        if len(address) > _LONGEST_ADDRESS:
            raise serializers.ValidationError(_NO_ADDRESS)
        return address

    def validate_full_name(self, full_name: str) -> str:
        """Return as much of the name as an account keeps."""
        return full_name[:_LONGEST_NAME]


describe_invitation = describe(
    operation_id="inviteUser",
    summary="Invite a user",
    description=(
        "Adds somebody by their e-mail address, with these roles and departments: the account with"
        " this address, or else a new one into which nobody can log. They are a member at once, and"
        " there is nothing to accept. Whoever was removed before is added anew, and nothing comes"
        " back. The address must be in a mail domain of the organization.\n\n"
        "A mail with a fixed subject tells them, unless `send_invitation` is false, their account"
        " is disabled, or no mail server is configured. `invited_at` says when the server took it;"
        " one that refuses it for good, or puts it off for a day, leaves an event"
        f" `invitation.failed`. An organization sends at most {MOST} an hour.\n\n"
        "Takes `invite_users`; and of what is given, `assign_roles` for roles and `manage_users`"
        " for departments. Nobody gives a role with a capability that they do not hold, and the"
        " Owner role is given by an owner alone. Ten requests a minute for each token.\n\n"
        "The checks, in this order: (1) authentication, (2) membership of the caller, (3)"
        " permission, (4) a well-formed body, (5) whether they are a member already, (6) the"
        " domain, (7) the roles, then the departments, (8) permission to give them."
    ),
    request=InvitationSerializer,
    request_examples={
        "With a role and a message": {
            "email": "nora@acme.example",
            "full_name": "Nora New",
            "role_ids": ["role_member"],
            "department_ids": [examples.DEPARTMENT_ID],
            "custom_message": "Welcome!",
        },
        "Without a mail": {
            "email": "nora@acme.example",
            "full_name": "Nora New",
            "send_invitation": False,
        },
    },
    examples=[
        user_example(full_name="Nora New", email="nora@acme.example", user_name="nora@acme.example")
    ],
    responses={201: UserSerializer},
    invalid={"email": _NO_ADDRESS},
    refusals=[
        MembershipAlreadyExistsError(
            {"user_id": examples.USER_ID, "member_since": "2025-12-22T15:30:00Z"}
        ),
        DomainNotAllowedError("other.example", ["acme.example"]),
        RoleNotFoundError({"role_id": "role_unknown"}),
        examples.DEPARTMENT_NOT_FOUND,
    ],
)


class InvitationView(OrganizationView):
    act = ADD
    throttle_classes = (TokenRateThrottle, InvitationRateThrottle)

    @describe_invitation
    def post(self, request: AuthenticatedRequest, organization_id: str) -> Response:
        fields = dict(self.read_body(InvitationSerializer).validated_data)
        caller = Caller.of(request, reason=fields.pop("reason"))
        member = invite(organization_id, **fields, caller=caller)
        return Response(UserSerializer(find_user(organization_id, member.user_id)).data, status=201)
