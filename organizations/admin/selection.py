"""What staff chose in a list, kept between the list, the confirmation and the result."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

SESSION_KEY = "selections"
KEPT = 5  # selections of one session; older ones are forgotten
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
    trace_id: str = ""
    refusals: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, ids: Iterable[int | str], session: SessionBase) -> Self:
        """Return a new selection, kept in the session."""
        selection = cls(list(ids))
        selection.keep(session)
        return selection

    @classmethod
    def find(cls, key: str, session: SessionBase) -> Self | None:
        """Return the selection with this key, unless the session has forgotten it."""
        kept = session.get(SESSION_KEY, {}).get(key)
        return cls(**kept) if kept else None

    def keep(self, session: SessionBase) -> None:
        """Save it in the session, as it is now."""
        selections = session.get(SESSION_KEY, {}) | {self.key: asdict(self)}
        session[SESSION_KEY] = dict(list(selections.items())[-KEPT:])


def too_much(chosen: QuerySet[Any]) -> str | None:
    """Return why so much of organizations cannot be selected at once, or None where it can."""
    if chosen.order_by()[: LARGEST + 1].count() > LARGEST:
        return f"These are more than {LARGEST:,}. Select fewer."
    organizations = chosen.order_by().values("organization").distinct()
    if organizations[: MOST_ORGANIZATIONS + 1].count() > MOST_ORGANIZATIONS:
        return f"They belong to more than {MOST_ORGANIZATIONS} organizations. Select fewer."
    return None


def lead_back(request: HttpRequest, changelist: str) -> HttpResponse:
    """Lead back to the list from a page whose selection is gone."""
    messages.warning(request, "That selection is gone. Please select again.")
    return redirect(changelist)
