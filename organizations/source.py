"""The surfaces that a change can come by."""

from django.db import models


class Source(models.TextChoices):
    """The surface that a change came by: its record and its event name it."""

    API = "api", "API"
    ADMIN = "admin", "Admin"
    COMMAND = "command", "Command"
    SCHEDULE = "schedule", "Schedule"
    SCIM = "scim", "SCIM"
