"""Finds the accounts that the rows name, and checks the whole input for contradictions."""

import json
import os
import sqlite3
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import TextIO

from django.db.models import QuerySet

from config.characters import clean, escaped
from organizations.bulk.csv_file import Detail, as_text, read_rows
from organizations.bulk.report import Outcome, Row
from organizations.bulk.run import BadInputError, CannotStartError
from organizations.guards.targets import Goal, Targets, heir_of
from organizations.models import Removal
from users.email_address import canonical_address
from users.models import User

_ROWS_AT_ONCE = 1000


@contextmanager
def copied(path: str) -> Iterator[tuple[TextIO, os.stat_result]]:
    """Open a copy of a file, ``-`` for standard input, as text; with it comes what it is.

    Raises CannotStartError where it cannot be read, or what is made of it cannot be written.
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
    except sqlite3.Error as error:  # for example, no space is left
        raise CannotStartError(f"{path} cannot be copied: {error}.") from error


class People:
    """The rows of one call, each with the account that it names.

    They are stored in a temporary SQLite file, so that any number of rows takes little memory, and
    the work is done on the people who were confirmed even if the input or an address changes.
    A row's own targets win over ``targets``, those of the call's options: the target of a type over
    the option for that type, and any of a type over any default.
    """

    def __init__(self) -> None:
        self.file: os.stat_result | None = None  # identifies the file that was read
        self.targets = Targets()
        self._types: set[str] = set()
        self._database = sqlite3.connect("")
        self._database.execute(
            # Only the first row of a person has a value in "person"; duplicates have NULL.
            "CREATE TABLE named (person TEXT UNIQUE, position TEXT, user_id TEXT,"
            " email TEXT, transfer_to TEXT, by_type TEXT, removal_id TEXT, outcome TEXT,"
            " message TEXT)"
        )
        # Whom anything passes to, and the position of the first row that names them.
        self._database.execute("CREATE TABLE heir (user_id TEXT PRIMARY KEY, position TEXT)")

    def __len__(self) -> int:
        [number] = self._database.execute("SELECT count(*) FROM named").fetchone()
        return int(number)

    @property
    def types(self) -> list[str]:
        """Return the types of resources that have a target of their own, of anybody's."""
        return sorted(self._types)

    def close(self) -> None:
        """Delete the temporary file."""
        self._database.close()

    def add_users(self, ids_or_emails: Iterable[str]) -> None:
        """Add people who are named one by one. Raises BadInputError."""
        names = map(clean, ids_or_emails)
        self._add(
            (f"--user {escaped(name)}", Row(email=name) if "@" in name else Row(user_id=name))
            for name in names
        )

    def add_file(self, path: str, detail: Detail, ignored_columns: Collection[str]) -> None:
        """Add the rows of a file, ``-`` for standard input. Raises CannotStartError.

        ``detail`` is the column that it may have besides those that identify a person. The file is
        copied first, so that it can be a pipe, or change meanwhile.
        """
        with copied(path) as (text, self.file):
            self._add(read_rows(text, detail, ignored_columns))

    def add_removals(self, removals: QuerySet[Removal]) -> None:
        """Add the people whom these removals removed, each with the removal's id."""
        rows = removals.order_by("pk").values_list(
            "membership__user", "membership__user__email", "pk"
        )
        self._add(
            (removal_id, Row(user_id, email, removal_id=removal_id))
            for user_id, email, removal_id in rows.iterator(_ROWS_AT_ONCE)
        )

    def _add(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Add rows with their positions. Raises BadInputError where two contradict each other."""
        remaining = iter(rows)
        while batch := list(islice(remaining, _ROWS_AT_ONCE)):
            positions, named = zip(*batch, strict=True)
            rows_with_accounts = _with_accounts(named, self.targets)
            for position, row in zip(positions, rows_with_accounts, strict=True):
                self._add_one(position, row)

    def in_batches(self, size: int) -> Iterator[list[Row]]:
        """Yield the rows in the order of the input, ``size`` at a time."""
        rows = self._database.execute(
            "SELECT user_id, email, transfer_to, outcome, message, removal_id, by_type"
            " FROM named ORDER BY rowid"
        )
        while batch := rows.fetchmany(size):
            yield [
                Row(
                    user_id,
                    email,
                    target,
                    outcome,
                    message,
                    removal_id=removal_id,
                    transfer_by_type=json.loads(by_type),
                )
                for user_id, email, target, outcome, message, removal_id, by_type in batch
            ]

    def heirs(self) -> Iterator[list[tuple[str, str]]]:
        """Yield the heirs in batches, each with the position of a row that names them."""
        rows = self._database.execute("SELECT user_id, position FROM heir ORDER BY user_id")
        while batch := rows.fetchmany(_ROWS_AT_ONCE):
            yield batch

    def leaving_heir(self) -> tuple[str, str, str] | None:
        """Return the first leaver who is also an heir, with both positions, or None."""
        found: tuple[str, str, str] | None = self._database.execute(
            "SELECT email, heir.position, named.position FROM named JOIN heir USING (user_id)"
            " WHERE outcome = '' ORDER BY named.rowid LIMIT 1"
        ).fetchone()
        return found

    def _position_of(self, goal: Goal, position: str) -> str:
        """Return where a goal is named: by an option, or in the row of this position."""
        if goal not in self.targets.goals:
            return position
        return f"--transfer-type {goal.type}" if goal.type else "--transfer-to"

    def _add_one(self, position: str, row: Row) -> None:
        """Add one row, as a duplicate if an earlier row names the same person."""
        person: str | None = f"{row.user_id},{row.email}"
        by_type = json.dumps(row.transfer_by_type, sort_keys=True)
        earlier = self._database.execute(
            "SELECT position, transfer_to, by_type, removal_id FROM named WHERE person = ?",
            [person],
        ).fetchone()
        if earlier:
            _check_agreement(row, position, *earlier)
            person = None
            row = replace(row, outcome=Outcome.DUPLICATE, message="")
        self._types.update(row.transfer_by_type)
        self._database.executemany(
            "INSERT OR IGNORE INTO heir VALUES (?, ?)",
            [
                (goal.target, self._position_of(goal, position))
                for goal in row.targets.goals
                if goal.target and (heir_of(goal.target) or "@" in goal.target)
            ],
        )
        self._database.execute(
            "INSERT INTO named VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                person,
                position,
                row.user_id,
                row.email,
                row.transfer_to,
                by_type,
                row.removal_id,
                row.outcome,
                row.message,
            ),
        )


def _check_agreement(
    row: Row, position: str, earlier_position: str, transfer_to: str, by_type: str, removal_id: str
) -> None:
    """Raise BadInputError if a row contradicts an earlier row of the same person."""
    name = escaped(row.email or row.user_id)
    positions = f"{earlier_position} and {position}"
    earlier = Targets(transfer_to or None, json.loads(by_type))
    for type_name in (None, *sorted({*earlier.by_type, *row.transfer_by_type})):
        one, other = (targets.target_of(type_name) for targets in (earlier, row.targets))
        if one != other:
            what = f"resources of the type {type_name}" if type_name else "resources"
            one, other = (escaped(target or "") or "nobody" for target in (one, other))
            raise BadInputError(
                positions, f"both name {name}, with {what} that pass to {one} and to {other}"
            )
    if row.removal_id != removal_id:
        one, other = (escaped(to) or "the latest" for to in (removal_id, row.removal_id))
        raise BadInputError(positions, f"both name {name}, with the removals {one} and {other}")


def _with_accounts(rows: Sequence[Row], targets: Targets) -> Iterator[Row]:
    """Yield each row with the id and address of its account, and with its targets.

    A target given as an account's address is replaced by the account's id, and ``targets`` are for
    what the row names none for. A row with both id and address must match both. A row without an
    account gets an outcome that says so.
    """
    written = {
        text
        for row in rows
        for text in (row.email, row.transfer_to, *row.transfer_by_type.values())
        if text
    }
    emails = {text: canonical_address(text) for text in written}
    accounts = User.objects.named(*(row.user_id for row in rows)) | User.objects.filter(
        email__in=set(emails.values())
    )
    email_of: dict[str, str] = dict(accounts.values_list("pk", "email"))
    id_of = {email: user_id for user_id, email in email_of.items()}

    of_options = {name: target for name, target in targets.by_type.items() if target}

    def with_id(target: str) -> str:
        return id_of.get(emails.get(target, ""), target)

    for row in rows:
        target = with_id(row.transfer_to) or targets.default or ""
        by_type = {name: with_id(named) for name, named in row.transfer_by_type.items()}
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
        yield Row(
            user_id,
            email,
            target,
            outcome,
            message,
            removal_id=row.removal_id,
            transfer_by_type={**of_options, **by_type},
        )
