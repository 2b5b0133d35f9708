"""Records that staff read and nobody changes."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest

from config.admin.large_tables import LargeTableAdmin

Row = TypeVar("Row", bound=Model)


class ReadOnlyAdmin(LargeTableAdmin[Row]):
    """Shows records that the services write: nobody adds, changes or deletes them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Forbid adding."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbid changing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbid deleting."""
        return False
