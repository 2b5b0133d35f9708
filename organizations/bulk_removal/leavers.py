"""Who is to leave: the accounts that the rows mean, checked over the whole input."""

import os
import sqlite3
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile

from django.db.models import Q

from config.characters import clean, escaped
from config.identifiers import is_id
from organizations.bulk_removal.csv_file import as_text, read_rows
from organizations.bulk_removal.exceptions import BadInputError, CannotStartError
from organizations.bulk_removal.report import Outcome, Row
from users.email_address import canonical_address
from users.models import User

_ROWS_AT_ONCE = 1000


class Leavers:
    """The rows of one call, and whom each means.

    They are kept in a temporary file of SQLite: however many rows there are they take no memory,
    and whatever happens to the input or to an address, who was confirmed is who is removed.
    ``transfer_to`` is for the rows that name no target of their own.
    """

    def __init__(self, *, transfer_to: str) -> None:
        self.file: os.stat_result | None = None  # which one was read
        self._transfer_to = transfer_to
        self._database = sqlite3.connect("")
        self._database.execute(
            # Who has two rows has a person in the first one alone.
            "CREATE TABLE leaver (person TEXT UNIQUE, position TEXT,"
            " user_id TEXT, email TEXT, transfer_to TEXT, outcome TEXT, message TEXT)"
        )

    def __len__(self) -> int:
        [number] = self._database.execute("SELECT count(*) FROM leaver").fetchone()
        return int(number)

    def close(self) -> None:
        """Delete the file."""
        self._database.close()

    def add_users(self, ids_or_emails: Iterable[str]) -> None:
        """Add people who are named one by one."""
        names = map(clean, ids_or_emails)
        self._add(
            (f"--user {escaped(name)}", Row(email=name) if "@" in name else Row(user_id=name))
            for name in names
        )

    def add_file(self, path: str, ignored_columns: Collection[str]) -> None:
        """Add the rows of a file, ``-`` for standard input. Raises CannotStartError.

        It is copied first, so that a pipe, and a file that somebody changes, can be read.
        """
        try:
            with (
                nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as original,
                TemporaryFile() as copy,
            ):
                self.file = os.fstat(original.fileno())
                copyfileobj(original, copy)
                with as_text(copy) as text:
                    self._add(read_rows(text, ignored_columns))
        except OSError as error:
            raise CannotStartError(f"{path} cannot be read: {error.strerror}.") from error
        except sqlite3.Error as error:  # no space for it, for one
            raise CannotStartError(f"{path} cannot be copied: {error}.") from error

    def _add(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Add rows with their positions. Raises BadInputError where two contradict each other."""
        remaining = iter(rows)
        while batch := list(islice(remaining, _ROWS_AT_ONCE)):
            positions, named = zip(*batch, strict=True)
            for position, row in zip(positions, _find(named, self._transfer_to), strict=True):
                self._add_one(position, row)

    def in_batches(self, size: int) -> Iterator[list[Row]]:
        """Return the rows in their order, so many at a time."""
        rows = self._database.execute(
            "SELECT user_id, email, transfer_to, outcome, message FROM leaver ORDER BY rowid"
        )
        while batch := rows.fetchmany(size):
            yield [Row(*values) for values in batch]

    def _add_one(self, position: str, row: Row) -> None:
        """Add one row, which is a duplicate where an earlier one names the same person."""
        person: str | None = f"{row.user_id},{row.email}"
        earlier = self._database.execute(
            "SELECT position, transfer_to FROM leaver WHERE person = ?", [person]
        ).fetchone()
        if earlier:
            earlier_position, target = earlier
            if row.transfer_to != target:
                name = escaped(row.email or row.user_id)
                one, other = (escaped(to) or "nobody" for to in (target, row.transfer_to))
                raise BadInputError(
                    f"{earlier_position} and {position}",
                    f"both name {name}, with resources that pass to {one} and to {other}",
                )
            person = None
            row = replace(row, outcome=Outcome.DUPLICATE, message="")
        self._database.execute(
            "INSERT INTO leaver VALUES (?, ?, ?, ?, ?, ?, ?)",
            (person, position, row.user_id, row.email, row.transfer_to, row.outcome, row.message),
        )


def _find(rows: Sequence[Row], transfer_to: str) -> Iterator[Row]:
    """Return each row with the id and the address of the account that it means, and its target.

    One with both id and address means who has both; one that means nobody has that as its outcome.
    """
    emails = {row.email: canonical_address(row.email) for row in rows if row.email}
    ids = [row.user_id for row in rows if is_id("usr", row.user_id)]
    accounts = User.objects.filter(Q(pk__in=ids) | Q(email__in=set(emails.values())))
    email_of: dict[str, str] = dict(accounts.values_list("pk", "email"))
    id_of = {email: user_id for user_id, email in email_of.items()}
    for row in rows:
        target = row.transfer_to or transfer_to
        email = emails.get(row.email, "")
        user_id = row.user_id or id_of.get(email, "")
        on_file = email_of.get(user_id)
        outcome, message = "", ""
        if on_file is None and user_id:
            outcome, message = Outcome.UNKNOWN_ID, "no account has this id"
        elif on_file is None:
            outcome, message = Outcome.NO_ACCOUNT, "no account has this address"
        elif email in {"", on_file}:
            email = on_file
        else:
            outcome = Outcome.ID_AND_EMAIL_DIFFER
            message = f"its address on file is {on_file}, not {escaped(email)}"
        yield Row(user_id, email, target, outcome, message)
