"""The base of the lists of organizations, departments and roles."""

from typing import TypeVar

from django.db.models import Model

from config.admin.large_tables import LargeTableAdmin

Row = TypeVar("Row", bound=Model)


class NamedAdmin(LargeTableAdmin[Row]):
    """The base of lists that are searched by id or by name."""

    search_fields = ("name",)
    search_help_text = "An id, or how words of the name begin."
