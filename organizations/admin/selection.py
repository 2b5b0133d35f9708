"""The rows that staff selected in a list, kept in their session until they see the result."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet

from config.errors import ContractError

SESSION_KEY = "selections"
MOST_SELECTIONS = 5  # per session; older ones are deleted
# Limits of one selection: a larger one would take too long for a request.
LARGEST = 20_000
MOST_ORGANIZATIONS = 50


@dataclass(slots=True)
class Selection:
    """The primary keys that were selected, and the outcomes once the action is confirmed.

    Since it is stored, changes of the list do not matter, and no form repeats thousands of keys.
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
        """Return the selection with this key, or None if the session no longer has it."""
        saved = session.get(SESSION_KEY, {}).get(key)
        return cls(**saved) if saved else None

    def note(self, row_id: int | str, refusal: ContractError | None) -> None:
        """Note the outcome of one row; `save` keeps it."""
        if refusal:
            self.refusals[str(row_id)] = str(refusal)
        else:
            self.done.append(row_id)

    def save(self, session: SessionBase) -> None:
        """Save the selection in the session."""
        selections = session.get(SESSION_KEY, {}) | {self.key: asdict(self)}
        session[SESSION_KEY] = dict(list(selections.items())[-MOST_SELECTIONS:])


def too_much(chosen: QuerySet[Any]) -> str:
    """Return why the selection is too large, as a sentence; "" if it is not."""
    if chosen.order_by()[: LARGEST + 1].count() > LARGEST:
        return f"These are more than {LARGEST:,}."
    organizations = chosen.order_by().values("organization").distinct()
    if organizations[: MOST_ORGANIZATIONS + 1].count() > MOST_ORGANIZATIONS:
        return f"They belong to more than {MOST_ORGANIZATIONS} organizations."
    return ""
