"""``manage.py restore_members``: undoes runs of ``remove_members``."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.management.base import CommandParser

from config.arguments import named
from config.characters import clean, escaped
from organizations.bulk.command import BulkCommand, add_email_column
from organizations.bulk.people import People
from organizations.bulk.report import Row
from organizations.bulk.restoration import preview_restorations, restore_batch
from organizations.bulk.run import CannotStartError, Run
from organizations.bulk.summary import RestorationSummary
from organizations.models import Removal, Source


class Command(BulkCommand[Row]):
    """Restores the members that runs removed, or that a file names."""

    help = (
        "Restores members who were removed: each gets a new membership with the roles, departments"
        " and resources that the record of the latest removal names and that can come back. Works"
        " in batches that are each restored whole or not at all; interrupted, it rolls back the"
        " batch in hand, and the same call again carries on."
    )
    verb, done = "restore", "restored"
    input = People
    summary = RestorationSummary
    columns = (
        *("user_id", "email", "outcome", "message", "roles", "departments", "resources"),
        *("roles_not_restored", "departments_not_restored", "resources_not_restored"),
        *("cancelled_tasks", "removal_id", "restoration_id"),
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_email_column(parser)
        members = parser.add_mutually_exclusive_group(required=True)
        members.add_argument(
            "--run",
            dest="earlier_runs",
            type=named,
            action="append",
            default=[],
            metavar="ID",
            help=(
                "Everybody whom this run of remove_members removed, which printed its id first; can"
                " be given several times, for a run that was carried on by others."
            ),
        )
        members.add_argument(
            "--from-file",
            type=named,
            metavar="FILE",
            help=(
                "Those who come back, as CSV with a header: user_id or email (with both, both must"
                " match), and optionally removal_id, which must be their latest. A report of"
                " remove_members can be the file. - reads standard input."
            ),
        )

    def add_rows(
        self,
        run: Run,
        rows: People,
        *_: Any,
        earlier_runs: list[str],
        from_file: str | None,
        ignore_column: list[str],
        email_column: str | None,
        **__: Any,
    ) -> None:
        if from_file is not None:
            rows.add_file(from_file, "removal_id", ignore_column, email_column)
            return
        runs = list(map(clean, earlier_runs))
        removals = Removal.objects.filter(
            trace_id__in=runs, organization=run.organization, source=Source.COMMAND
        )
        found = set(removals.values_list("trace_id", flat=True).distinct())
        if unknown := next((earlier for earlier in runs if earlier not in found), ""):
            raise CannotStartError(
                f"No run {escaped(unknown)} of remove_members removed anybody from"
                f" {run.organization}. Removals on a date are cancelled, in the admin."
            )
        rows.add_removals(removals)

    def preview(self, run: Run, batches: Iterable[list[Row]]) -> Iterator[list[Row]]:
        return preview_restorations(run.organization, batches)

    def work(self, run: Run, batch: Sequence[Row]) -> list[Row]:
        return restore_batch(run, batch)
