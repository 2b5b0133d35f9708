"""The admin site under this application's name."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig


class OffboardAdminSite(admin.AdminSite):
    """Where staff find leavers, remove them, and read the record."""

    site_title = "Offboard"
    site_header = "Offboard"
    index_title = "Organizations and their members"
    site_url = "/v1/docs"


class OffboardAdminConfig(AdminConfig):
    """Django's admin with our site as the default one."""

    default_site = "config.admin.OffboardAdminSite"
