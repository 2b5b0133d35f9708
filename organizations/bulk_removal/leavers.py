"""Who is to leave: rows of a CSV file, read one by one and checked before anything happens."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import BinaryIO, Self

COLUMNS = ("user_id", "email", "transfer_to")
LONGEST_LINE = 64 * 1024  # bytes


class BadFileError(Exception):
    """A file that cannot be meant as it is, with the line where it shows."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody as an operator names them: by id, by e-mail address, or by both."""

    user_id: str = ""
    email: str = ""
    transfer_to: str = ""

    @classmethod
    def named(cls, id_or_email: str) -> Self:
        """Return who is meant by one word."""
        if "@" in id_or_email:
            return cls(email=id_or_email.lower())
        return cls(user_id=id_or_email)


@dataclass(frozen=True, slots=True)
class Leavers:
    """Those named one by one, then those of a file; it can be gone through again and again."""

    named: Sequence[Leaver]
    file: BinaryIO | None = None

    def __iter__(self) -> Iterator[Leaver]:
        """Return all leavers in order. Raises BadFileError."""
        yield from self.named
        if self.file:
            yield from read_leavers(self.file)


@contextmanager
def open_again_and_again(path: str) -> Iterator[BinaryIO]:
    """Open a file that can be read more than once; ``-`` and pipes are copied to be so."""
    with nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as given:
        if path != "-" and given.seekable():
            yield given
            return
        with TemporaryFile() as copy:
            copyfileobj(given, copy)
            yield copy


def read_leavers(file: BinaryIO) -> Iterator[Leaver]:
    """Read a file from its beginning, a line at a time.

    CSV in UTF-8, with or without a byte order mark, with a header that names ``user_id`` or
    ``email`` or both, and perhaps ``transfer_to``. Raises BadFileError.
    """
    file.seek(0)
    rows = csv.reader(_lines(file), strict=True)
    line = 1
    columns: Sequence[str] = ()
    try:
        for row in rows:
            if row and columns:
                yield _leaver(line, columns, row)
            elif row:
                columns = _columns(line, row)
            line = rows.line_num + 1
    except csv.Error as error:
        raise BadFileError(line, f"not CSV: {error}") from error
    if not columns:
        raise BadFileError(1, "the file is empty; it needs a header with user_id or email")


def in_batches(leavers: Iterable[Leaver], size: int) -> Iterator[list[Leaver]]:
    """Return the leavers, so many at a time."""
    remaining = iter(leavers)
    while batch := list(islice(remaining, size)):
        yield batch


def _lines(file: BinaryIO) -> Iterator[str]:
    """Return the lines as text. Raises BadFileError."""
    number = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            raise BadFileError(number, f"longer than {LONGEST_LINE:,} bytes")
        if b"\0" in raw:
            raise BadFileError(number, "a NUL byte; is it UTF-16? Save the file as UTF-8")
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise BadFileError(number, "not UTF-8; save the file as UTF-8") from error


def _columns(line: int, header: Sequence[str]) -> list[str]:
    """Return the names of the columns. Raises BadFileError."""
    columns = [name.strip().lower() for name in header]
    known = "the columns are user_id, email and transfer_to, separated by commas"
    for name in columns:
        if name not in COLUMNS:
            raise BadFileError(line, f"unknown column {name!r}; {known}")
        if columns.count(name) > 1:
            raise BadFileError(line, f"the column {name!r} stands twice")
    if not {"user_id", "email"}.intersection(columns):
        raise BadFileError(line, f"the header names neither user_id nor email; {known}")
    return columns


def _leaver(line: int, columns: Sequence[str], row: Sequence[str]) -> Leaver:
    """Return whom a row names. Raises BadFileError."""
    if len(row) != len(columns):
        raise BadFileError(line, f"{len(row)} fields where the header has {len(columns)}")
    named = dict(zip(columns, (field.strip() for field in row), strict=True))
    if not named.get("user_id") and not named.get("email"):
        raise BadFileError(line, "neither a user_id nor an email")
    return Leaver(
        user_id=named.get("user_id", ""),
        email=named.get("email", "").lower(),
        transfer_to=named.get("transfer_to", ""),
    )
