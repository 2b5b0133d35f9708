"""What staff selected in a list, saved in the session until the result is shown."""

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
MOST_SELECTIONS = 5  # of one session; older ones are forgotten
# A larger one would not fit into the time of one request.
LARGEST = 20_000
MOST_ORGANIZATIONS = 50


@dataclass(slots=True)
class Selection:
    """Primary keys that were chosen at one moment, and what came of it once it is confirmed.

    A list that changes meanwhile, or a form with thousands of fields, does not matter to it.
    """

    ids: list[int | str]
    key: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    done: list[int | str] = field(default_factory=list)  # those of the ids that it was done to
    refusals: dict[str, str] = field(default_factory=dict)  # by id, why it was not done

    @classmethod
    def of(cls, ids: Iterable[int | str], session: SessionBase) -> Self:
        """Return a new selection, saved in the session."""
        selection = cls(list(ids))
        selection.save(session)
        return selection

    @classmethod
    def find(cls, key: str, session: SessionBase) -> Self | None:
        """Return the selection with this key, unless the session has forgotten it."""
        saved = session.get(SESSION_KEY, {}).get(key)
        return cls(**saved) if saved else None

    def save(self, session: SessionBase) -> None:
        """Save it in the session, as it is now."""
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
    """Lead from an action on a list to the page that asks for confirmation, or say why not."""
    if problem := _too_much(chosen):
        model_admin.message_user(request, f"{problem} {if_too_many}", messages.ERROR)
        return None
    ids = list(chosen.values_list("pk", flat=True))
    if not ids:
        model_admin.message_user(request, if_none, messages.WARNING)
        return None
    return redirect(page, Selection.of(ids, request.session).key)


def _too_much(chosen: QuerySet[Any]) -> str | None:
    """Return why so much of organizations cannot be selected at once, or None where it can."""
    if chosen.order_by()[: LARGEST + 1].count() > LARGEST:
        return f"These are more than {LARGEST:,}."
    organizations = chosen.order_by().values("organization").distinct()
    if organizations[: MOST_ORGANIZATIONS + 1].count() > MOST_ORGANIZATIONS:
        return f"They belong to more than {MOST_ORGANIZATIONS} organizations."
    return None


def lead_back(request: HttpRequest, changelist: str) -> HttpResponse:
    """Lead back to the list from a page whose selection the session has forgotten."""
    messages.warning(request, "That selection is gone. Please select again.")
    return redirect(changelist)
