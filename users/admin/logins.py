"""The logins of a provider that are linked to an account, on its page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from users.models import OidcLogin, User


class LinkedLogins(admin.StackedInline[OidcLogin, User]):
    """Shows an account's linked logins; users who may change the account may delete them."""

    model = OidcLogin
    extra = 0
    readonly_fields = ("issuer", "subject", "created_at")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.get_model_admin(User).has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.get_model_admin(User).has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)
