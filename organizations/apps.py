"""The organizations application."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from config.metrics import REGISTRY


class OrganizationsConfig(AppConfig):
    """Organizations, their members, and the removal of members."""

    name = "organizations"
    verbose_name = "Organizations"

    def ready(self) -> None:
        """Register checks of directories that can add nobody, and what ``/metrics`` shows."""
        # Imported here, since these import models, which are loaded only now.
        from organizations.domains import checks
        from organizations.metrics.collector import DatabaseCollector

        register(checks.check_directories_have_domains, Tags.database)
        register(checks.check_deployed_directories, deploy=True)
        REGISTRY.register(DatabaseCollector())
