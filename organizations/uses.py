"""Counts what uses a department or a role, which keeps it from being deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import QuerySet

COUNTED_UP_TO = 10_000  # so that no large table is read to the end


@dataclass(frozen=True, slots=True)
class Uses:
    """How much of each kind uses something, by its name in the singular; None is beyond 10,000."""

    counts: Mapping[str, int | None]

    @classmethod
    def counted(cls, **rows: QuerySet[Any, Any]) -> Self:
        """Return how many rows of each kind there are."""
        found = {name: each[: COUNTED_UP_TO + 1].count() for name, each in rows.items()}
        return cls({name: n if n <= COUNTED_UP_TO else None for name, n in found.items()})

    def __bool__(self) -> bool:
        return any(count != 0 for count in self.counts.values())

    def __str__(self) -> str:
        """Return a sentence with the numbers, or "" where nothing uses it."""
        named = [
            f"{f'more than {COUNTED_UP_TO:,}' if count is None else f'{count:,}'}"
            f" {name.replace('_', ' ')}{'' if count == 1 else 's'}"
            for name, count in self.counts.items()
            if count != 0
        ]
        return f"It is in use by {' and '.join(named)}." if named else ""
