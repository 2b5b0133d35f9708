"""Finds directories that deactivate their leavers and never remove them: these open no tasks."""

from django.db.models import Exists, OuterRef

from organizations.models import Connection, OffboardingStep
from organizations.models.connection import ConnectionQuerySet

OPENS_NO_TASKS = (
    "It deactivates its leavers, and a deactivation opens no tasks. Unless the directory deletes"
    " them (Okta never does), set after how many days they are removed."
)


def opening_no_tasks(connections: ConnectionQuerySet) -> ConnectionQuerySet:
    """Keep the directories that remove nobody, of organizations with enabled steps."""
    steps = OffboardingStep.objects.enabled().filter(organization=OuterRef("organization"))
    return connections.directories().enabled().filter(Exists(steps), remove_after_days=None)


def opens_no_tasks(connection: Connection) -> bool:
    """Return whether this is such a directory."""
    return opening_no_tasks(Connection.objects.filter(pk=connection.pk)).exists()
