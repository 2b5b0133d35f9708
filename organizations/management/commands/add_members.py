"""``manage.py add_members``: makes any number of people members of an organization."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.management.base import CommandParser

from config.arguments import named
from organizations.bulk.addition import add_batch, preview_batch
from organizations.bulk.command import BulkCommand, add_email_column
from organizations.bulk.joiners import JoinerRow, Joiners
from organizations.bulk.run import Run
from organizations.bulk.summary import AdditionSummary


class Command(BulkCommand[JoinerRow]):
    """Adds the people whom a file lists."""

    help = (
        "Adds members to an organization, with their roles and departments, and makes the accounts"
        " that are missing: nobody can log into those, and nobody is told. Whoever is a member"
        " already stays as they are. Works in batches that are each added whole or not at all;"
        " interrupted, it rolls back the batch in hand, and the same call again carries on."
    )
    verb, done = "add", "added"
    input = Joiners
    summary = AdditionSummary
    columns = (
        *("user_id", "email", "outcome", "message", "roles", "departments"),
        "scheduled_removal_id",
    )
    make_departments = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_email_column(parser)
        parser.add_argument(
            "--from-file",
            required=True,
            type=named,
            metavar="FILE",
            help=(
                "Those who join, as CSV with a header: email, and optionally full_name (for a new"
                " account), roles and departments (names or ids, separated by ;), and remove_at, a"
                " time with its offset, at which a worker removes them: 2026-12-31T17:00+01:00."
                " The report can be the file of remove_members. - reads standard input."
            ),
        )
        parser.add_argument(
            "--make-departments",
            action="store_true",
            help="Make the departments that the file names and the organization does not have.",
        )

    def add_rows(
        self,
        run: Run,
        rows: Joiners,
        *_: Any,
        from_file: str,
        ignore_column: list[str],
        email_column: str | None,
        make_departments: bool,
        **__: Any,
    ) -> None:
        self.make_departments = make_departments
        rows.add_file(from_file, ignore_column, email_column)

    def preview(self, run: Run, batches: Iterable[list[JoinerRow]]) -> Iterator[list[JoinerRow]]:
        return (
            preview_batch(run.organization, batch, make_departments=self.make_departments)
            for batch in batches
        )

    def work(self, run: Run, batch: Sequence[JoinerRow]) -> list[JoinerRow]:
        return add_batch(run, batch, make_departments=self.make_departments)
