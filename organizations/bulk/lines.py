"""Finds the owners that the lines of a file of resources name."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from config.characters import escaped, without_guard
from organizations.bulk.columns import Columns
from organizations.bulk.csv_file import Cells, read_cells, visible_text
from organizations.bulk.report import Outcome, Row
from organizations.bulk.stored_rows import StoredRows, copied
from organizations.guards.targets import heir_of
from organizations.resources.registration import OWNER_DEPARTMENT, OWNER_USER
from users.email_address import canonical_address
from users.models import User

_NEEDED = ("type", "external_id", "name")
_KNOWN = {"type": "type", "externalid": "external_id", "name": "name", "owner": "owner"}
_KNOWN |= {"url": "url", "link": "url"}


@dataclass(frozen=True, slots=True)
class ResourceRow(Row):
    """One line of the input and of the report; ``owner`` is an address until its id is found."""

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


class Lines(StoredRows[ResourceRow]):
    """The lines of one call, each with the id of its owner."""

    row_class = ResourceRow

    def add_file(self, path: str, ignored_columns: Collection[str]) -> None:
        """Add the lines of a file, ``-`` for standard input. Raises CannotStartError."""
        columns = Columns(_KNOWN, _lacking, COLUMNS).with_options(ignored_columns)
        with copied(path) as (text, self.file):
            rows = read_cells(text, columns)
            self.add((position, _row(cells)) for position, cells in rows)

    def key_of(self, row: ResourceRow) -> str | None:
        # What lacks one of the two is refused by itself.
        return f"{row.type} {row.external_id}" if row.type and row.external_id else None

    def found(self, rows: Sequence[ResourceRow]) -> Iterator[ResourceRow]:
        owners = _ids_of({row.owner for row in rows if "@" in row.owner})
        return (_with_owner(row, owners) for row in rows)


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
