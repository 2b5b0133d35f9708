"""The organizations application."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from config.database_version import check_database_version


class OrganizationsConfig(AppConfig):
    """Organizations, their members, and the removal of members."""

    name = "organizations"
    verbose_name = "Organizations"

    def ready(self) -> None:
        """Have ``migrate`` and ``check`` refuse or warn of what is wrong in the database."""
        # Imports models, which are there only now.
        from organizations.domains import checks

        register(check_database_version, Tags.database)
        register(checks.check_directories_have_domains, Tags.database)
        register(checks.check_deployed_directories, deploy=True)
