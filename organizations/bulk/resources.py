"""Previews and does the import of a batch of lines."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from config.errors import ContractError
from organizations.bulk.lines import ResourceRow
from organizations.bulk.report import Row
from organizations.bulk.run import Run
from organizations.resources.importing import LineOutcome, import_lines, preview_lines
from organizations.resources.registration import OWNER_DEPARTMENT, OWNER_USER

# The column of each field that a file has under another name.
_COLUMNS = {OWNER_USER: "owner", OWNER_DEPARTMENT: "owner"}


def preview_import(run: Run, batch: Sequence[Row]) -> list[Row]:
    """Return what `import_batch` would return, without the ids of what it would make."""
    outcomes = preview_lines(run.organization.pk, _registrations(batch))
    return [replace(row, resource_id="") for row in _reported(batch, outcomes)]


def import_batch(run: Run, batch: Sequence[Row]) -> list[Row]:
    """Register the resources of the lines in one transaction; return them with their outcomes."""
    outcomes = import_lines(run.organization.pk, _registrations(batch), caller=run.caller)
    return list(_reported(batch, outcomes))


def _registrations(batch: Sequence[Row]) -> list[dict[str, object]]:
    """Return what the lines that have no outcome yet register."""
    return [row.registration for row in batch if isinstance(row, ResourceRow) and not row.outcome]


def _reported(batch: Sequence[Row], outcomes: Sequence[LineOutcome]) -> Iterator[ResourceRow]:
    """Yield the lines with their outcomes; others have one already."""
    remaining = iter(outcomes)
    for row in batch:
        if isinstance(row, ResourceRow):
            yield row if row.outcome else _decided(row, next(remaining))


def _decided(row: ResourceRow, outcome: LineOutcome) -> ResourceRow:
    """Return the line with its outcome."""
    if outcome.refusal:
        return replace(row, outcome=outcome.refusal.code, message=_explain(outcome.refusal))
    result = outcome.result.value if outcome.result else ""
    return replace(row, outcome=result, resource_id=outcome.resource_id or "")


def _explain(refusal: ContractError) -> str:
    """Return why a line is not done, with what is wrong with its fields."""
    fields = [
        f"{_COLUMNS.get(name, name)}: {why[0]}"
        for name, why in refusal.details.items()
        if isinstance(why, list)
    ]
    return " ".join(fields) or refusal.message
