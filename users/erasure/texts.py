"""Texts on records or in the admin's log, and who may see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from users.models import User


@dataclass(frozen=True, slots=True)
class Text:
    """A text on a record; staff who may view the ``model`` (a label) may see it."""

    record_id: str
    model: str
    text: str
    written_at: datetime

    def is_visible_to(self, viewer: User | None) -> bool:
        app_label, _, model = self.model.lower().partition(".")
        return viewer is None or viewer.has_perm(f"{app_label}.view_{model}")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts that a viewer may see, oldest first, and the number of the others."""

    shown: tuple[Text, ...]
    hidden_count: int

    @classmethod
    def visible_to(cls, viewer: User | None, texts: Iterable[Text]) -> Self:
        """Return the texts as this viewer (None: the command) may see them."""
        written = sorted(texts, key=lambda text: (text.written_at, text.record_id))
        shown = tuple(text for text in written if text.is_visible_to(viewer))
        return cls(shown, len(written) - len(shown))

    @property
    def record_ids(self) -> list[str]:
        return [text.record_id for text in self.shown]
