"""Copies the input, and keeps its rows in little memory until they are worked on."""

import json
import os
import sqlite3
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Generic, TextIO

from config.characters import escaped
from organizations.bulk.batches import BATCH_SIZE
from organizations.bulk.csv_file import as_text
from organizations.bulk.report import AnyRow, Outcome
from organizations.bulk.run import BadInputError, CannotStartError

ROWS_AT_ONCE = 1000


@contextmanager
def copied(path: str) -> Iterator[tuple[TextIO, os.stat_result]]:
    """Open a copy of a file, ``-`` for standard input, as text; yield it with the file's identity.

    The copy lets the file be a pipe, or change meanwhile. Raises CannotStartError if the file
    cannot be read or the copy cannot be written.
    """
    try:
        with (
            nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as original,
            TemporaryFile() as copy,
        ):
            copyfileobj(original, copy)
            with as_text(copy) as text:
                yield text, os.fstat(original.fileno())
    except OSError as error:
        raise CannotStartError(f"{path} cannot be read: {error.strerror}.") from error


class StoredRows(ABC, Generic[AnyRow]):
    """The rows of one call, in a temporary SQLite file, so that any number takes little memory.

    Rows with the same key must agree, and the later ones count as duplicates of the first.
    """

    row_class: type[AnyRow]
    batch_size = BATCH_SIZE

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
    def key_of(self, row: AnyRow) -> str | None:
        """Return a key of what the row is about, or None: rows with the same key must agree."""

    @abstractmethod
    def resolved(self, rows: Sequence[AnyRow]) -> Iterator[AnyRow]:
        """Yield the rows with the ids of the accounts that they name, in a few queries."""

    def check_agreement(self, positions: str, earlier: AnyRow, row: AnyRow) -> None:
        """Raise BadInputError if two rows with the same key contradict each other."""
        if earlier != row:
            raise BadInputError(positions, f"both name {escaped(row.label)}, differently")

    def close(self) -> None:
        """Delete the temporary file."""
        self._database.close()

    def add(self, rows: Iterable[tuple[str, AnyRow]]) -> None:
        """Add rows with their positions.

        Raises BadInputError where two contradict each other, and CannotStartError if they cannot be
        stored.
        """
        remaining = iter(rows)
        try:
            while batch := list(islice(remaining, ROWS_AT_ONCE)):
                positions, named = zip(*batch, strict=True)
                for position, row in zip(positions, self.resolved(named), strict=True):
                    self.add_one(position, row)
        except sqlite3.Error as error:  # for example, no space is left
            raise CannotStartError(f"The rows cannot be stored: {error}.") from error

    def in_batches(self) -> Iterator[list[AnyRow]]:
        """Yield the rows in the order of the input, ``batch_size`` at a time."""
        rows = self._database.execute("SELECT row FROM stored ORDER BY rowid")
        while batch := rows.fetchmany(self.batch_size):
            yield [self._row_of(text) for (text,) in batch]

    def add_one(self, position: str, row: AnyRow) -> None:
        """Add one row, as a duplicate if an earlier row has the same key."""
        key = self.key_of(row)
        earlier = self._database.execute(
            "SELECT position, row FROM stored WHERE key = ?", [key]
        ).fetchone()
        if earlier:
            earlier_position, text = earlier
            self.check_agreement(f"{earlier_position} and {position}", self._row_of(text), row)
            key, row = None, replace(row, outcome=Outcome.DUPLICATE, message="")
        # Without what is empty, which the class has by default.
        values = {field.name: getattr(row, field.name) for field in fields(row)}
        text = json.dumps({name: value for name, value in values.items() if value})
        self._database.execute("INSERT INTO stored VALUES (?, ?, ?)", (key, position, text))

    def _row_of(self, text: str) -> AnyRow:
        return self.row_class(**json.loads(text))
