"""The lines of a file of resources, each with the owner that it names."""

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice

from config.characters import escaped
from organizations.bulk.csv_file import Cells, read_cells, visible_text, without_guard
from organizations.bulk.people import copied
from organizations.bulk.report import Outcome, Row
from organizations.bulk.run import BadInputError
from organizations.guards.targets import heir_of
from organizations.resources.registration import OWNER_DEPARTMENT, OWNER_USER
from users.email_address import canonical_address
from users.models import User

_ROWS_AT_ONCE = 1000
_NEEDED = ("type", "external_id", "name")
_KNOWN = {"type": "type", "externalid": "external_id", "name": "name", "owner": "owner"}
_KNOWN |= {"url": "url", "link": "url"}


@dataclass(frozen=True, slots=True)
class ResourceRow(Row):
    """One line of the input and of the report; ``owner`` is an id, as soon as one is known."""

    type: str = ""
    external_id: str = ""
    name: str = ""
    owner: str = ""
    url: str = ""
    resource_id: str = ""

    @property
    def label(self) -> str:
        """Return its type and key."""
        return f"{self.type}/{self.external_id}"

    @property
    def registration(self) -> dict[str, object]:
        """Return the line as it is registered: empty cells are left out."""
        by = OWNER_USER if heir_of(self.owner) else OWNER_DEPARTMENT
        said = {
            "type": self.type,
            "external_id": self.external_id,
            "name": self.name,
            "url": self.url or None,
            by: self.owner or None,
        }
        return {name: value for name, value in said.items() if value is not None}


COLUMNS = tuple(
    field.name
    for field in fields(ResourceRow)
    if field.name in {*_KNOWN.values(), "outcome", "message", "resource_id"}
)


class Lines:
    """The lines of one call, in a temporary SQLite file, so that any number takes little memory."""

    types: Sequence[str] = ()

    def __init__(self) -> None:
        self.file: os.stat_result | None = None  # identifies the file that was read
        self._database = sqlite3.connect("")
        self._database.execute(
            # Only the first line of a key has values in "key"; duplicates have NULL.
            "CREATE TABLE line (key TEXT UNIQUE, position TEXT, type TEXT, external_id TEXT,"
            " name TEXT, owner TEXT, url TEXT, outcome TEXT, message TEXT)"
        )

    def __len__(self) -> int:
        [number] = self._database.execute("SELECT count(*) FROM line").fetchone()
        return int(number)

    def close(self) -> None:
        """Delete the temporary file."""
        self._database.close()

    def add_file(self, path: str, ignored_columns: Collection[str]) -> None:
        """Add the lines of a file, ``-`` for standard input. Raises CannotStartError."""
        with copied(path) as (text, self.file):
            rows = read_cells(text, _KNOWN, _lacking, COLUMNS, ignored_columns)
            self._add((position, _row(cells)) for position, cells in rows)

    def in_batches(self, size: int) -> Iterator[list[Row]]:
        """Yield the lines in the order of the file, ``size`` at a time."""
        found = self._database.execute(
            "SELECT type, external_id, name, owner, url, outcome, message FROM line ORDER BY rowid"
        )
        names = ("type", "external_id", "name", "owner", "url", "outcome", "message")
        while batch := found.fetchmany(size):
            yield [ResourceRow(**dict(zip(names, each, strict=True))) for each in batch]

    def _add(self, rows: Iterable[tuple[str, ResourceRow]]) -> None:
        """Add lines with their positions. Raises BadInputError where two contradict each other."""
        remaining = iter(rows)
        while batch := list(islice(remaining, _ROWS_AT_ONCE)):
            owners = _ids_of({row.owner for _, row in batch if "@" in row.owner})
            for position, row in batch:
                self._add_one(position, _with_owner(row, owners))

    def _add_one(self, position: str, row: ResourceRow) -> None:
        """Add one line, as a duplicate if an earlier one says the same."""
        key: str | None = f"{row.type} {row.external_id}"
        said = (row.type, row.external_id, row.name, row.owner, row.url)
        earlier = self._database.execute(
            "SELECT position, type, external_id, name, owner, url FROM line WHERE key = ?", [key]
        ).fetchone()
        if earlier:
            if earlier[1:] != said:
                raise BadInputError(
                    f"{earlier[0]} and {position}", f"both name {escaped(row.label)}, differently"
                )
            key, row = None, replace(row, outcome=Outcome.DUPLICATE, message="")
        self._database.execute(
            "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (key, position, *said, row.outcome, row.message),
        )


def _lacking(columns: Collection[str]) -> str:
    """Return what the header of a file of resources lacks, or ""."""
    missing = [name for name in _NEEDED if name not in columns]
    return f"the header needs {', '.join(missing)}" if missing else ""


def _row(cells: Cells) -> ResourceRow:
    """Return the line of these cells; a key stays as it is, but for a spreadsheet's apostrophe."""
    return ResourceRow(
        type=visible_text(cells["type"]),
        external_id=without_guard(cells["external_id"]),
        name=visible_text(cells["name"]),
        owner=visible_text(cells.get("owner", "")),
        url=visible_text(cells.get("url", "")),
    )


def _ids_of(addresses: Collection[str]) -> dict[str, str]:
    """Return the ids of the accounts with these addresses, by the address as it is written."""
    canonical = {address: canonical_address(address) for address in addresses}
    accounts = User.objects.filter(email__in=set(canonical.values()))
    ids: dict[str, str] = dict(accounts.values_list("email", "pk"))
    return {each: ids[address] for each, address in canonical.items() if address in ids}


def _with_owner(row: ResourceRow, ids: dict[str, str]) -> ResourceRow:
    """Return the line with the id of the owner in place of an address."""
    if "@" not in row.owner:
        return row
    if user_id := ids.get(row.owner):
        return replace(row, owner=user_id)
    message = f"no account has the address {escaped(row.owner)}"
    return replace(row, outcome=Outcome.NO_ACCOUNT, message=message)
