"""Records that staff read and nobody changes."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest

from config.admin.large_tables import LargeTableAdmin

Row = TypeVar("Row", bound=Model)


class ReadOnlyAdmin(LargeTableAdmin[Row]):
    """A record is left by what it records: it is neither written here, nor changed, nor deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes one."""
        return False
