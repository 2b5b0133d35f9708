"""What the actions on members share: who may take them."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from config.admin.large_tables import LargeTableAdmin
from organizations.models import Membership


class MemberActionAdmin(LargeTableAdmin[Membership]):
    """An action on members, for whoever may remove them."""

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Whether the user may remove members, which shows who they are and what they hold."""
        return request.user.has_perm(
            "organizations.remove_membership"
        ) and self.has_view_permission(request)

    def require_remove_permission(self, request: HttpRequest) -> None:
        """Raise PermissionDenied unless the user may remove members."""
        if not self.has_remove_permission(request):
            raise PermissionDenied
