"""Stores in the session what staff selected in a list, until the result is shown."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from django.contrib import admin, messages
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

SESSION_KEY = "selections"
MOST_SELECTIONS = 5  # per session; older ones are deleted
# Limits of one selection: a larger one would take too long for a request.
LARGEST = 20_000
MOST_ORGANIZATIONS = 50


@dataclass(slots=True)
class Selection:
    """The primary keys that were selected, and the outcomes once the action is confirmed.

    Since it is stored, a list that changes meanwhile does not matter, and no form has to repeat
    thousands of keys.
    """

    ids: list[int | str]
    key: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    done: list[int | str] = field(default_factory=list)  # ids for which the action was done
    refusals: dict[str, str] = field(default_factory=dict)  # why it was refused, by id

    @classmethod
    def of(cls, ids: Iterable[int | str], session: SessionBase) -> Self:
        """Return a new selection, which is saved in the session."""
        selection = cls(list(ids))
        selection.save(session)
        return selection

    @classmethod
    def find(cls, key: str, session: SessionBase) -> Self | None:
        """Return the selection with this key, or None if the session has it no longer."""
        saved = session.get(SESSION_KEY, {}).get(key)
        return cls(**saved) if saved else None

    def save(self, session: SessionBase) -> None:
        """Save the selection in the session."""
        selections = session.get(SESSION_KEY, {}) | {self.key: asdict(self)}
        session[SESSION_KEY] = dict(list(selections.items())[-MOST_SELECTIONS:])


def lead_to_confirmation(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    chosen: QuerySet[Any],
    page: str,
    *,
    if_none: str,
    if_too_many: str = "Select fewer.",
) -> HttpResponse | None:
    """Redirect to the confirmation page of an action; on a wrong selection, say so and stay.

    ``page`` is the name of the confirmation page's URL.
    """
    if problem := _too_much(chosen):
        model_admin.message_user(request, f"{problem} {if_too_many}", messages.ERROR)
        return None
    ids = list(chosen.values_list("pk", flat=True))
    if not ids:
        model_admin.message_user(request, if_none, messages.WARNING)
        return None
    return redirect(page, Selection.of(ids, request.session).key)


def _too_much(chosen: QuerySet[Any]) -> str | None:
    """Return why the selection is too large, or None if it is not."""
    if chosen.order_by()[: LARGEST + 1].count() > LARGEST:
        return f"These are more than {LARGEST:,}."
    organizations = chosen.order_by().values("organization").distinct()
    if organizations[: MOST_ORGANIZATIONS + 1].count() > MOST_ORGANIZATIONS:
        return f"They belong to more than {MOST_ORGANIZATIONS} organizations."
    return None


def lead_back(request: HttpRequest, changelist: str) -> HttpResponse:
    """Redirect to the list from a page whose selection is no longer in the session."""
    messages.warning(request, "That selection is gone. Please select again.")
    return redirect(changelist)
