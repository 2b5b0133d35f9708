"""``manage.py remove_members``: take any number of members out of an organization."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandParser

from config.characters import clean, printable
from config.database_errors import DATABASE_FAILURES
from organizations.bulk_removal.batches import (
    BatchFailedError,
    BulkRemoval,
    preview_in_batches,
    remove_in_batches,
)
from organizations.bulk_removal.exceptions import CannotStartError
from organizations.bulk_removal.interruption import Interrupted, interruptible
from organizations.bulk_removal.leavers import Leavers
from organizations.bulk_removal.report import Report, Row, open_report
from organizations.bulk_removal.summary import Summary

Batches = Iterable[list[Row]]

LARGEST_BATCH = 10_000
CARRY_ON = "Run the same again to carry on."

SOMEBODY_STAYS = 1
COULD_NOT_START = 2


def batch_size(value: str) -> int:
    """Return the number of rows in a batch. Raises ArgumentTypeError."""
    if not value.isdecimal() or not 1 <= int(value) <= LARGEST_BATCH:
        raise ArgumentTypeError(f"must be a whole number from 1 to {LARGEST_BATCH:,}")
    return int(value)


class Command(BaseCommand):
    """Checks who leaves, shows the plan, asks, removes in batches, and reports each row."""

    help = (
        "Removes members from an organization: their roles and departments are deleted, their"
        " memberships end, what they own can pass to a department, and each removal leaves its"
        " record. What somebody who was removed before still owns passes on, too. Works in batches"
        " that are each removed whole or not at all; interrupted, it rolls back the batch in hand,"
        " and the same call again carries on."
    )
    epilog = (
        "Exit status: 0 when everybody is out, 1 when somebody is not, 2 when it could not start"
        " and nothing has changed, 130 after Ctrl-C, 143 and 129 after SIGTERM and SIGHUP."
    )

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        """Say at the end of --help what the exit status means."""
        return super().create_parser(prog_name, subcommand, epilog=self.epilog, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare who is meant, and what is to happen."""
        parser.add_argument("organization", metavar="ORGANIZATION", help="Its id: org_…")
        parser.add_argument(
            "--user",
            action="append",
            default=[],
            metavar="ID_OR_EMAIL",
            help="Somebody who leaves; can be given several times.",
        )
        parser.add_argument(
            "--from-file",
            metavar="FILE",
            help=(
                "Those who leave, as CSV with a header: user_id or email (with both, both must"
                " match), and optionally transfer_to, a department's id for that row, which wins"
                " over --transfer-to. A report of this command can be the file. - reads standard"
                " input."
            ),
        )
        parser.add_argument(
            "--ignore-column",
            action="append",
            default=[],
            metavar="NAME",
            help="A column of the file to pass over; can be given several times.",
        )
        parser.add_argument(
            "--transfer-to",
            default="",
            metavar="DEPARTMENT",
            help="Id of the department that takes over what they own. Without it, it stays theirs.",
        )
        parser.add_argument(
            "--actor",
            default="",
            metavar="EMAIL",
            help=(
                "On whose behalf: an account, which the records name. What it may do itself is not"
                " asked."
            ),
        )
        parser.add_argument("--reason", default="", metavar="TEXT", help="Why, for the records.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Show what would happen, and change nothing."
        )
        parser.add_argument("--no-input", action="store_true", help="Show no plan and do not ask.")
        parser.add_argument(
            "--batch-size",
            type=batch_size,
            default=1000,
            metavar="NUMBER",
            help="How many rows are removed in one transaction (default: 1000).",
        )
        parser.add_argument(
            "--report",
            metavar="FILE",
            help=(
                "Write what became of each row, as CSV in the order of the input: user_id, email,"
                " transfer_to, outcome (removed, already_removed, duplicate or why not), message,"
                " roles, departments, resources, transferred, removal_id. - writes it to standard"
                " output, and all else to standard error."
            ),
        )

    def handle(self, *, report: str | None, **options: Any) -> None:
        """Remove them; exit with what became of it."""
        self.output = self.stderr if report == "-" else self.stdout
        self.output.style_func = None
        try:
            with interruptible():
                status = self._handle(report=report, **options)
        except Interrupted as interrupted:
            self._error("\nStopped.")
            status = interrupted.exit_status
        except CannotStartError as error:
            self._error(str(error))
            status = COULD_NOT_START
        except DATABASE_FAILURES as error:
            self._error(f"The database failed: {error}")
            status = COULD_NOT_START
        except OSError as error:  # a full disk, or nobody who reads what is written
            what = "The report cannot be written" if report else "Input or output failed"
            self._error(f"{what}: {error.strerror}. {CARRY_ON}")
            status = SOMEBODY_STAYS
        if status:
            sys.exit(status)

    def _handle(
        self,
        *,
        organization: str,
        user: list[str],
        from_file: str | None,
        ignore_column: list[str],
        transfer_to: str,
        actor: str,
        reason: str,
        dry_run: bool,
        no_input: bool,
        batch_size: int,
        report: str | None,
        **_: Any,
    ) -> int:
        """Check, show the plan, ask, remove; return the exit status."""
        if not user and not from_file:
            raise CannotStartError("Name who leaves, by --user or --from-file.")
        removal = BulkRemoval.begin(
            clean(organization), transfer_to=clean(transfer_to), actor=clean(actor), reason=reason
        )
        with closing(Leavers(transfer_to=removal.transfer_to)) as leavers:
            leavers.add_users(user)
            if from_file:
                leavers.add_file(from_file, ignore_column)
            if not len(leavers):
                raise CannotStartError("The file names nobody: there is no row below its header.")
            batches = partial(leavers.in_batches, batch_size)
            removes = not dry_run and (no_input or self._confirms(removal, batches(), len(leavers)))
            # Opened no sooner: a report of an earlier run outlives a call that is called off.
            with self._open(report, leavers) as written:
                if removes:
                    return self._remove(removal, batches(), len(leavers), written)
                plan = self._preview(removal, batches(), len(leavers), written)
            if dry_run:
                self._say(plan.plan(removal.organization.name))
            return plan.exit_status

    def _open(self, report: str | None, leavers: Leavers) -> AbstractContextManager[Report | None]:
        """Return the report to write, if one is asked for."""
        if report == "-":
            return nullcontext(Report(cast("TextIO", self.stdout._out)))
        return open_report(report, leavers.file) if report else nullcontext()

    def _confirms(self, removal: BulkRemoval, batches: Batches, count: int) -> bool:
        """Show the plan, and ask for the organization's name; where nobody would go, ask nothing.

        Raises CannotStartError without the right answer.
        """
        name = removal.organization.name
        plan = self._preview(removal, batches, count, None)
        self._say(plan.plan(name))
        if not plan.changes_something:
            return False
        if not sys.stdin.isatty():
            raise CannotStartError(
                "There is no terminal to ask for confirmation on. Pass --no-input to remove"
                " them without asking, or --dry-run to see what would happen."
            )
        self._say(f"Type the name of the organization, {name}, to remove them: ", ending="")
        self.output.flush()
        if clean(sys.stdin.readline()) != clean(name):
            raise CannotStartError("That is not its name. Nobody was removed.")
        return True

    def _preview(
        self, removal: BulkRemoval, batches: Batches, count: int, report: Report | None
    ) -> Summary:
        """Return what would happen."""
        summary = Summary()
        previews = preview_in_batches(removal.organization, batches)
        for rows in summary.add_with_progress(previews, count, sys.stderr):
            if report:
                report.write(rows)
        return summary

    def _remove(
        self, removal: BulkRemoval, batches: Batches, count: int, report: Report | None
    ) -> int:
        """Remove them, and say what happened; return the exit status."""
        summary = Summary()
        removed = remove_in_batches(removal, batches, tell=self._error)
        problem, status = "", 0
        try:
            for rows in summary.add_with_progress(removed, count, sys.stderr):
                if report:
                    report.write(rows)
        except BatchFailedError as error:
            problem, status = f"{error} ", SOMEBODY_STAYS
            if report:
                report.write(error.rows)
        except Interrupted as interrupted:
            problem, status = "Stopped: ", interrupted.exit_status
        finally:
            self._say(f"{summary.result()}\nRun: {removal.run_id}")
        if problem:
            self._error(f"{problem}{summary.count:,} of {count:,} rows are done. {CARRY_ON}")
        return status or summary.exit_status

    def _say(self, text: str, ending: str = "\n") -> None:
        """Write for the operator to read."""
        self.output.write(printable(text), ending=ending)

    def _error(self, text: str) -> None:
        """Write what went wrong."""
        self.stderr.write(printable(text))
