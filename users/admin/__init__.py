"""Accounts, access tokens and groups in the admin."""

from users.admin.accounts import UserAdmin
from users.admin.groups import GroupAdmin
from users.admin.tokens import AccessTokenAdmin

__all__ = ["AccessTokenAdmin", "GroupAdmin", "UserAdmin"]
