"""Every request is authenticated, whatever else its view requires."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class IsKnown(BasePermission):
    """Lets in users, and programs, which have a token but no user."""

    def has_permission(self, request: Request, view: object) -> bool:
        return request.auth is not None or bool(request.user and request.user.is_authenticated)
