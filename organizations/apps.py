"""The organizations application."""

from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    """Organizations, their members, and the removal of members."""

    name = "organizations"
    verbose_name = "Organizations"
