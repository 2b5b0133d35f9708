"""What the database refuses, told to staff on the page that they came from."""

from typing import Any

import psycopg
from django.apps import apps
from django.contrib import admin, messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


class RefusedChanges(admin.ModelAdmin[Any]):
    """An admin page whose changes the database may refuse, since invariants live there."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save or show; a refused change leaves everything as it was, and says why."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError as refusal:
            self.message_user(request, reason_of(refusal), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def reason_of(refusal: IntegrityError) -> str:
    """Return the words of the constraint that refused, or those of the trigger with its advice."""
    cause = refusal.__cause__
    if not isinstance(cause, psycopg.Error):
        return str(refusal)
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == cause.diag.constraint_name:
                return str(constraint.get_violation_error_message())
    hint = f" {cause.diag.message_hint}" if cause.diag.message_hint else ""
    return f"Nothing was changed: {cause.diag.message_primary}.{hint}"
