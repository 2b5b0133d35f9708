"""A user as a member: shown, previewed and removed (contract: DELETE, removal-preview)."""

from rest_framework.response import Response

from organizations.api.openapi import describe_preview, describe_removal
from organizations.api.required_capabilities import require
from organizations.api.serializers import RemovalPreviewSerializer, RemovalSerializer
from organizations.api.user import UserSerializer, find_user
from organizations.api.users import describe_user
from organizations.capabilities import Capability
from organizations.exceptions import ConfirmationRequiredError, UserNotFoundError
from organizations.guards.absence import explain_absence
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Caller
from organizations.removal.preview import preview_removal
from organizations.removal.service import remove_members
from users.api_view import ApiView, AuthenticatedRequest


class OrganizationUserView(ApiView):
    """A user as a member of an organization."""

    @describe_user
    def get(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        """Return the user."""
        authority = require(organization_id, request)
        try:
            member = find_user(organization_id, user_id)
        except UserNotFoundError:
            if Capability.REMOVE_USERS not in authority:
                raise
            raise explain_absence(organization_id, [user_id], authority)[user_id].refusal from None
        return Response(UserSerializer(member).data)

    @describe_removal
    def delete(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        """Remove the user from the organization (contract: DELETE, in the order of its checks)."""
        Caller.of(request).authority(organization_id, REMOVE, user_ids=[user_id])
        body = RemovalSerializer(data=self.body_of(request))
        body.is_valid(raise_exception=True)
        if not body.validated_data["confirm"]:
            raise ConfirmationRequiredError({"user_id": user_id})
        [outcome] = remove_members(
            organization_id,
            [user_id],
            transfer_to=body.transfer_to,
            caller=Caller.of(request, reason=body.validated_data["reason"]),
        )
        if outcome.refusal:
            raise body.explain(outcome.refusal)
        return Response(status=204)


class RemovalPreviewView(ApiView):
    """What the removal of a user would do."""

    @describe_preview
    def get(self, request: AuthenticatedRequest, organization_id: str, user_id: str) -> Response:
        """Return what a removal would do, without doing it (contract: removal-preview)."""
        caller = Caller.of(request)
        caller.authority(organization_id, REMOVE, user_ids=[user_id])
        previews = preview_removal(organization_id, [user_id], caller=caller)
        if not previews:
            raise UserNotFoundError({"user_id": user_id})
        preview = previews[0].shown_to(request.user.pk)
        return Response(RemovalPreviewSerializer(preview).data)
