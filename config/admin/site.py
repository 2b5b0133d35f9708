"""The admin site under this application's name."""

from typing import TYPE_CHECKING, cast

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest

if TYPE_CHECKING:
    from users.models import User


class OffboardAdminSite(admin.AdminSite):
    """Where staff find leavers, remove them, and read the record."""

    site_title = "Offboard"
    site_header = "Offboard"
    index_title = "Organizations and their members"
    site_url = "/v1/docs"


class OffboardAdminConfig(AdminConfig):
    """Django's admin with our site as the default one."""

    default_site = "config.admin.site.OffboardAdminSite"


def staff_of(request: HttpRequest) -> "User":
    """Return the account that is logged in: the admin shows its pages to nobody else."""
    return cast("User", request.user)
