"""Reads the lines of a file of resources, and previews and does the import of a batch of them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from config.characters import escaped, without_guard
from config.errors import ContractError
from organizations.bulk.columns import Columns
from organizations.bulk.csv_file import Cells, read_cells, visible_text
from organizations.bulk.report import Outcome, Row
from organizations.bulk.run import Run
from organizations.bulk.stored_rows import StoredRows, copied
from organizations.guards.transfer_targets import heir_of
from organizations.resources.importing import LineOutcome, import_lines, preview_lines
from organizations.resources.registration import OWNER_DEPARTMENT, OWNER_USER
from users.email_address import canonical_address
from users.models import User

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
        values = {
            "type": self.type,
            "external_id": self.external_id,
            "name": self.name,
            "url": self.url or None,
            by: self.owner or None,
        }
        return {name: value for name, value in values.items() if value is not None}


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
        columns = Columns(_KNOWN, ("type", "external_id", "name"), COLUMNS)
        with copied(path) as (text, self.file):
            rows = read_cells(text, columns.with_options(ignored_columns))
            self.add((position, _row(cells)) for position, cells in rows)

    def key_of(self, row: ResourceRow) -> str | None:
        # What lacks one of the two is refused by itself.
        return f"{row.type} {row.external_id}" if row.type and row.external_id else None

    def resolved(self, rows: Sequence[ResourceRow]) -> Iterator[ResourceRow]:
        canonical = {row.owner: canonical_address(row.owner) for row in rows if "@" in row.owner}
        accounts = User.objects.filter(email__in=set(canonical.values()))
        ids: dict[str, str] = dict(accounts.values_list("email", "pk"))
        for row in rows:
            if "@" not in row.owner:
                yield row
            elif user_id := ids.get(canonical[row.owner]):
                yield replace(row, owner=user_id)
            else:
                message = f"no account has the address {escaped(row.owner)}"
                yield replace(row, outcome=Outcome.NO_ACCOUNT, message=message)


def _row(cells: Cells) -> ResourceRow:
    """Return the line of these cells; a key stays as it is, but for a spreadsheet's apostrophe."""
    return ResourceRow(
        type=visible_text(cells["type"]),
        external_id=without_guard(cells["external_id"]),
        name=visible_text(cells["name"]),
        owner=visible_text(cells.get("owner", "")),
        url=visible_text(cells.get("url", "")),
    )


def preview_imports(
    run: Run, batches: Iterable[Sequence[ResourceRow]]
) -> Iterator[list[ResourceRow]]:
    """Yield what `import_batch` would return for each batch if it followed the ones before.

    Without the ids of what it would make.
    """
    types: set[str] = set()
    for batch in batches:
        outcomes = preview_lines(run.organization.pk, _registrations(batch), made_types=types)
        rows = [replace(row, resource_id="") for row in _reported(batch, outcomes)]
        types.update(row.type for row in rows if row.outcome == Outcome.CREATED)
        yield rows


def import_batch(run: Run, batch: Sequence[ResourceRow]) -> list[ResourceRow]:
    """Register the resources of the lines in one transaction; return them with their outcomes."""
    outcomes = import_lines(run.organization.pk, _registrations(batch), caller=run.caller)
    return list(_reported(batch, outcomes))


def _registrations(batch: Sequence[ResourceRow]) -> list[dict[str, object]]:
    """Return what the lines that have no outcome yet register."""
    return [row.registration for row in batch if not row.outcome]


def _reported(
    batch: Sequence[ResourceRow], outcomes: Sequence[LineOutcome]
) -> Iterator[ResourceRow]:
    """Yield the lines with their outcomes; others have one already."""
    remaining = iter(outcomes)
    for row in batch:
        yield row if row.outcome else _decided(row, next(remaining))


def _decided(row: ResourceRow, outcome: LineOutcome) -> ResourceRow:
    if outcome.refusal:
        return replace(row, outcome=outcome.refusal.code, message=_explain(outcome.refusal))
    result = outcome.result.value if outcome.result else ""
    return replace(row, outcome=result, resource_id=outcome.resource_id or "")


def _explain(refusal: ContractError) -> str:
    """Return why a line is not done, with what is wrong with its fields."""
    columns = {OWNER_USER: "owner", OWNER_DEPARTMENT: "owner"}
    problems = [
        f"{columns.get(name, name)}: {why[0]}"
        for name, why in refusal.details.items()
        if isinstance(why, list)
    ]
    return " ".join(problems) or refusal.message
