"""Keeps a saved form from overwriting, or overstepping, what others changed meanwhile."""

from typing import Any, TypeVar

from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from config.admin.sessions import lock_own_account, require_staff_again

Row = TypeVar("Row", bound=Model)


def is_to_be_locked(request: HttpRequest) -> bool:
    """Return whether a page changes its row, and is in the transaction that does."""
    return request.method == "POST" and transaction.get_connection().in_atomic_block


class LockedRow(admin.ModelAdmin[Row]):
    """Locks the row that a page changes before it is read: Django saves every field of it.

    Behind the lock it reads the user again, before Django checks the user's permissions. A page
    that adds a row locks the user's account, as nothing else is there yet.
    """

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        with transaction.atomic():
            if request.method == "POST":
                lock_own_account(request)
            return super().add_view(request, form_url, extra_context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Row | None:
        row = super().get_object(request, object_id, from_field)
        if row is None or not is_to_be_locked(request):
            return row
        locked = self.get_queryset(request).select_for_update(of=("self",), no_key=True)
        row = locked.filter(pk=row.pk).first()
        require_staff_again(request)
        return row
