"""``manage.py import_resources``: registers any number of resources of an organization."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.management.base import CommandParser

from config.arguments import named
from organizations.bulk.command import BulkCommand
from organizations.bulk.resources import COLUMNS, Lines, ResourceRow, import_batch, preview_imports
from organizations.bulk.run import Run
from organizations.bulk.summary import ImportSummary


class Command(BulkCommand[ResourceRow]):
    """Registers the resources that a file lists."""

    help = (
        "Registers resources of an organization, by type and key: what is new is made, what differs"
        " is changed, and the rest is left alone. What the file does not list stays as it is. Works"
        " in batches that are each done whole or not at all; interrupted, it rolls back the batch"
        " in hand, and the same call again carries on."
    )
    verb, done = "import", "imported"
    everybody, somebody, nobody = "every line", "some line", "no resource"
    input = Lines
    summary = ImportSummary
    columns = COLUMNS

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--from-file",
            required=True,
            type=named,
            metavar="FILE",
            help=(
                "The resources, as CSV with a header: type, external_id and name, and optionally"
                " owner (a department by its id, a member by id or e-mail address; without one a"
                " resource that is there keeps its own) and url. A report of this command can be"
                " the file. - reads standard input."
            ),
        )

    def add_rows(
        self, run: Run, rows: Lines, *_: Any, from_file: str, ignore_column: list[str], **__: Any
    ) -> None:
        rows.add_file(from_file, ignore_column)

    def preview(
        self, run: Run, batches: Iterable[list[ResourceRow]]
    ) -> Iterator[list[ResourceRow]]:
        return preview_imports(run, batches)

    def work(self, run: Run, batch: Sequence[ResourceRow]) -> list[ResourceRow]:
        return import_batch(run, batch)
