"""Where a change was asked for."""

from django.db import models


class Source(models.TextChoices):
    """The surface that a change came by, which its record and its event name."""

    API = "api", "API"
    ADMIN = "admin", "Admin"
    COMMAND = "command", "Command"
    SCHEDULE = "schedule", "Schedule"
    SCIM = "scim", "SCIM"
