"""Django's ``makemigrations``, which compares files, without a server started for it."""

from typing import Any

from django.core.management.commands import makemigrations
from django.db import connection


class Command(makemigrations.Command):
    """Leaves out the look at the database's own history, for which the server would start."""

    def handle(self, *app_labels: str, **options: Any) -> None:
        """Make migrations; the name of this engine is Django's own for a database without one."""
        connection.settings_dict["ENGINE"] = "django.db.backends.dummy"
        super().handle(*app_labels, **options)
