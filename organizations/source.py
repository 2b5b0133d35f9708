"""The surfaces that changes come from."""

from django.db import models


class Source(models.TextChoices):
    """The surface that a change came from: its record and its event name it."""

    API = "api", "API"
    ADMIN = "admin", "Admin"
    COMMAND = "command", "Command"
    SCHEDULE = "schedule", "Schedule"
    SCIM = "scim", "SCIM"
