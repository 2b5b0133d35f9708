"""The difference between what a member holds and what they are to hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Change:
    """The ids of the roles, or of the departments, that are added and removed; false for none."""

    added: list[str]
    removed: list[str]

    @classmethod
    def between(cls, current: Iterable[str], wanted: Iterable[str] | None) -> Self:
        """Return the change from one complete list to another; None leaves all as it is."""
        if wanted is None:
            return cls([], [])
        before, after = set(current), set(wanted)
        return cls(sorted(after - before), sorted(before - after))

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)
