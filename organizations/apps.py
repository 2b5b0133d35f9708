"""The organizations application."""

from django.apps import AppConfig
from django.core.checks import Tags, register


class OrganizationsConfig(AppConfig):
    """Organizations, their members, and the removal of members."""

    name = "organizations"
    verbose_name = "Organizations"

    def ready(self) -> None:
        """Have ``migrate`` and ``check`` warn of directories that can add nobody."""
        # Imported here, since it imports models, which are loaded only now.
        from organizations.domains import checks

        register(checks.check_directories_have_domains, Tags.database)
        register(checks.check_deployed_directories, deploy=True)
