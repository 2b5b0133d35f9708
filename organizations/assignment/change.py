"""The way from what a member holds to what they are to hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Change:
    """The ids of the roles, or of the departments, that are given and taken; false for none."""

    given: list[str]
    taken: list[str]

    @classmethod
    def between(cls, held: Iterable[str], wanted: Iterable[str] | None) -> Self:
        """Return what leads from one complete list to another; None leaves all as it is."""
        if wanted is None:
            return cls([], [])
        before, after = set(held), set(wanted)
        return cls(sorted(after - before), sorted(before - after))

    def __bool__(self) -> bool:
        return bool(self.given or self.taken)
