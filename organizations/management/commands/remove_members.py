"""``manage.py remove_members``: takes any number of members out of an organization."""

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.core.management.base import CommandParser

from config.arguments import named
from config.characters import clean
from organizations.bulk.command import BulkCommand, add_email_column
from organizations.bulk.heirs import check_heirs, find_targets
from organizations.bulk.people import People
from organizations.bulk.removal import preview_removals, remove_batch
from organizations.bulk.report import OF_TYPE, Row
from organizations.bulk.run import CannotStartError, Run
from organizations.bulk.schedule import preview_batch, schedule_batch
from organizations.bulk.summary import RemovalSummary, ScheduleSummary, Summary
from organizations.guards.transfer_targets import MOST_TARGETS
from organizations.schedule.dates import moment_of


def moment(value: str) -> datetime:
    """Return the moment that removals are scheduled for. Raises ArgumentTypeError."""
    try:
        return moment_of(value)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


class Command(BulkCommand[Row]):
    """Removes the members that the call names, now or on a date."""

    help = (
        "Removes members from an organization: their roles and departments are deleted, their"
        " memberships end, what they own can pass to a department or a person, and each removal"
        " leaves its record. What somebody who was removed before still owns passes on, too. Works"
        " in batches that are each removed whole or not at all; interrupted, it rolls back the"
        " batch in hand, and the same call again carries on. restore_members undoes a run."
    )
    verb, done = "remove", "removed"
    input = People
    summary: Callable[..., Summary[Row]] = RemovalSummary
    columns: Sequence[str] = (
        *("user_id", "email", "transfer_to", "outcome", "message", "roles", "departments"),
        *("resources", "transferred", "open_tasks", "closed_tasks", "removal_id"),
    )
    at: datetime | None = None

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_email_column(parser)
        parser.add_argument(
            "--user",
            type=named,
            action="append",
            default=[],
            metavar="ID_OR_EMAIL",
            help="Somebody who leaves; can be given several times.",
        )
        parser.add_argument(
            "--from-file",
            type=named,
            metavar="FILE",
            help=(
                "Those who leave, as CSV with a header: user_id or email (with both, both must"
                " match), and optionally transfer_to for that row, which wins over --transfer-to,"
                " and transfer_to:TYPE for resources of a type, which wins over --transfer-type."
                " A report of this command can be the file. - reads standard input."
            ),
        )
        parser.add_argument(
            "--transfer-to",
            type=named,
            metavar="ID_OR_EMAIL",
            help=(
                "Who takes over what they own: a department by its id, or an active member by id or"
                " e-mail address, who does not leave too. Without it, it stays theirs."
            ),
        )
        parser.add_argument(
            "--transfer-type",
            action="append",
            default=[],
            metavar="TYPE=ID_OR_EMAIL",
            help=(
                "Who takes over their resources of one type instead, such as repository=dept_eng;"
                " can be given several times. The report has a column transfer_to:TYPE for each."
            ),
        )
        parser.add_argument(
            "--at",
            type=moment,
            metavar="TIME",
            help=(
                "Remove nobody now, but let a worker do it at this time, given with its offset:"
                " 2026-12-31T17:00+01:00. The report's outcome is scheduled, and a last column,"
                " scheduled_removal_id, names each schedule; its numbers are 0 and"
                " removal_id is empty, since nothing has happened yet. Exit status 0 then means"
                " that everybody is scheduled."
            ),
        )

    def handle(self, *, report: str | None, at: datetime | None = None, **options: Any) -> None:
        if at:
            self.at = at
            self.verb, self.done = "schedule", "scheduled"
            self.summary = partial(ScheduleSummary, at=at)
            self.columns = (*self.columns, "scheduled_removal_id")
        super().handle(report=report, **options)

    def add_rows(
        self,
        run: Run,
        rows: People,
        *_: Any,
        user: list[str],
        from_file: str | None,
        ignore_column: list[str],
        email_column: str | None,
        transfer_to: str | None,
        transfer_type: list[str],
        **__: Any,
    ) -> None:
        """Add the leavers, and check that none of them is to take over resources."""
        if not user and not from_file:
            raise CannotStartError("Name who leaves, by --user or --from-file.")
        rows.targets = find_targets(run.organization, clean(transfer_to or ""), transfer_type)
        rows.add_users(user)
        if from_file:
            rows.add_file(from_file, "transfer_to", ignore_column, email_column)
        check_heirs(run.organization, rows)
        if len(rows.types) > MOST_TARGETS:
            raise CannotStartError(f"At most {MOST_TARGETS} types can have targets of their own.")
        after = self.columns.index("transfer_to") + 1
        of_types = [f"{OF_TYPE}{type_name}" for type_name in rows.types]
        self.columns = (*self.columns[:after], *of_types, *self.columns[after:])

    def preview(self, run: Run, batches: Iterable[list[Row]]) -> Iterator[list[Row]]:
        if self.at:
            return (preview_batch(run.organization, batch, self.at) for batch in batches)
        return preview_removals(run.organization, batches)

    def work(self, run: Run, batch: Sequence[Row]) -> list[Row]:
        if self.at:
            return schedule_batch(run, batch, self.at)
        return remove_batch(run, batch)
