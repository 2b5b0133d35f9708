"""The organizations application."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from config.database_version import check_database_version


class OrganizationsConfig(AppConfig):
    """Organizations, their members, and the removal of members."""

    name = "organizations"
    verbose_name = "Organizations"

    def ready(self) -> None:
        """Have ``migrate`` refuse a database of an earlier version."""
        register(check_database_version, Tags.database)
