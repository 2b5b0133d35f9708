"""Keeps a form that is saved from taking back what others changed in its row meanwhile."""

from typing import TypeVar

from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)


class LockedRow(admin.ModelAdmin[Row]):
    """Locks the row that a page changes before it is read: Django saves every field of it."""

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Row | None:
        row = super().get_object(request, object_id, from_field)
        if (
            row is None
            or request.method != "POST"
            or not transaction.get_connection().in_atomic_block
        ):
            return row
        locked = self.get_queryset(request).select_for_update(of=("self",), no_key=True)
        return locked.filter(pk=row.pk).first()
