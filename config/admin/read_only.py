"""An admin for records that staff can read but not change."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest

from config.admin.large_tables import LargeTableAdmin

Row = TypeVar("Row", bound=Model)


class ReadOnlyAdmin(LargeTableAdmin[Row]):
    """Shows records that only the services write: no adding, changing or deleting here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Forbid adding."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbid changing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbid deleting."""
        return False
