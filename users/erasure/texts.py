"""What somebody wrote, on the record of a change or in the admin's log, and who may see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from users.models import User


@dataclass(frozen=True, slots=True)
class Text:
    """What is written on a record; ``model`` is the label of what staff need to view to see it."""

    record_id: str
    model: str
    text: str
    written_at: datetime

    def is_visible_to(self, viewer: User | None) -> bool:
        """Return whether a member of staff (None: the command) may see the record."""
        app_label, _, model = self.model.lower().partition(".")
        return viewer is None or viewer.has_perm(f"{app_label}.view_{model}")


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts that a viewer may see, oldest first, and how many there are that they may not."""

    shown: tuple[Text, ...]
    hidden_count: int

    @classmethod
    def visible_to(cls, viewer: User | None, texts: Iterable[Text]) -> Self:
        """Return those of the texts that the viewer may see."""
        written = sorted(texts, key=lambda text: (text.written_at, text.record_id))
        shown = tuple(text for text in written if text.is_visible_to(viewer))
        return cls(shown, len(written) - len(shown))

    @property
    def record_ids(self) -> list[str]:
        """Return the ids of the records that are shown."""
        return [text.record_id for text in self.shown]
