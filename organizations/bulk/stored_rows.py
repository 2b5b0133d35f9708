"""Keeps the rows of a file until they are worked on, in little memory."""

import json
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from itertools import islice
from typing import ClassVar, Generic, TypeVar

from config.characters import escaped
from organizations.bulk.report import Outcome, Row
from organizations.bulk.run import BadInputError

_ROWS_AT_ONCE = 1000

AnyRow = TypeVar("AnyRow", bound=Row)


class StoredRows(ABC, Generic[AnyRow]):
    """The rows of one call, in a temporary SQLite file, so that any number takes little memory.

    Equal rows count as one, and the later ones as duplicates of it.
    """

    row_class: ClassVar[type[Row]]

    def __init__(self) -> None:
        self.file: os.stat_result | None = None  # identifies the file that was read
        self._database = sqlite3.connect("")
        self._database.execute(
            # Only the first row of a key has a value in "key"; duplicates have NULL.
            "CREATE TABLE stored (key TEXT UNIQUE, position TEXT, row TEXT)"
        )

    def __len__(self) -> int:
        [number] = self._database.execute("SELECT count(*) FROM stored").fetchone()
        return int(number)

    @abstractmethod
    def key_of(self, row: AnyRow) -> str:
        """Return what the row is about: two rows about the same must be equal."""

    @abstractmethod
    def found(self, rows: Sequence[AnyRow]) -> Iterator[AnyRow]:
        """Yield the rows with what the database knows of what they name, in a few queries."""

    def close(self) -> None:
        """Delete the temporary file."""
        self._database.close()

    def add(self, rows: Iterable[tuple[str, AnyRow]]) -> None:
        """Add rows with their positions. Raises BadInputError where two contradict each other."""
        remaining = iter(rows)
        while batch := list(islice(remaining, _ROWS_AT_ONCE)):
            positions, named = zip(*batch, strict=True)
            for position, row in zip(positions, self.found(named), strict=True):
                self._add_one(position, row)

    def in_batches(self, size: int) -> Iterator[list[Row]]:
        """Yield the rows in the order of the input, ``size`` at a time."""
        rows = self._database.execute("SELECT row FROM stored ORDER BY rowid")
        while batch := rows.fetchmany(size):
            yield [self.row_class(**json.loads(row)) for (row,) in batch]

    def _add_one(self, position: str, row: AnyRow) -> None:
        """Add one row, as a duplicate if an earlier one says the same."""
        key: str | None = self.key_of(row)
        text = _as_text(row)
        earlier = self._database.execute(
            "SELECT position, row FROM stored WHERE key = ?", [key]
        ).fetchone()
        if earlier:
            if earlier[1] != text:
                raise BadInputError(
                    f"{earlier[0]} and {position}", f"both name {escaped(row.label)}, differently"
                )
            key, text = None, _as_text(replace(row, outcome=Outcome.DUPLICATE, message=""))
        self._database.execute("INSERT INTO stored VALUES (?, ?, ?)", (key, position, text))


def _as_text(row: Row) -> str:
    """Return the row as JSON, without what is empty."""
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    return json.dumps({name: value for name, value in values.items() if value})
