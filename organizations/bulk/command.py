"""The base of the commands for many members: it reads, plans, confirms, works and reports."""

import sys
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from typing import Any, Generic, TextIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.arguments import named
from config.characters import clean, printable
from config.database_errors import DATABASE_FAILURES
from config.database_version import require_schema
from organizations.bulk.batches import BATCH_SIZE, BatchFailedError, batch_size, work_in_batches
from organizations.bulk.interruption import Interrupted, interruptible, let_through
from organizations.bulk.report import AnyRow, Report, open_report
from organizations.bulk.run import CannotStartError, Run
from organizations.bulk.stored_rows import StoredRows
from organizations.bulk.summary import Summary

CARRY_ON = "Run the same again to carry on."

SOMEBODY_IS_NOT_DONE = 1
COULD_NOT_START = 2


def add_email_column(parser: CommandParser) -> None:
    """Declare the option of commands whose file names people."""
    parser.add_argument(
        "--email-column",
        type=named,
        metavar="NAME",
        help=(
            "The column of the file with the e-mail addresses, where its name is not a usual one or"
            " several are; the others are passed over."
        ),
    )


class BulkCommand(BaseCommand, Generic[AnyRow]):
    """Reads the rows, shows the plan, asks, works in batches, and reports each row.

    Subclasses set the words for the work (``verb``, ``done``), the classes of its ``input`` and its
    ``summary`` and the ``columns`` of its report, and implement the three abstract methods.
    """

    verb: str  # remove
    done: str  # removed
    input: Callable[[], StoredRows[AnyRow]]
    summary: Callable[..., Summary[AnyRow]]
    columns: Sequence[str]
    everybody, somebody, nobody = "everybody", "somebody", "nobody"

    @abstractmethod
    def add_rows(self, run: Run, rows: Any, *args: Any, **options: Any) -> None:
        """Add the rows that the call names. Raises CannotStartError."""

    @abstractmethod
    def preview(self, run: Run, batches: Iterable[list[AnyRow]]) -> Iterator[list[AnyRow]]:
        """Yield what `work` would return for each batch if it followed the ones before."""

    @abstractmethod
    def work(self, run: Run, batch: Sequence[AnyRow]) -> list[AnyRow]:
        """Do the work of one batch in one transaction; return its rows with their outcomes."""

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        """Return the parser, whose --help ends with the meaning of the exit status."""
        epilog = (
            f"Exit status: 0 when {self.everybody} is {self.done}, 1 when {self.somebody} is not,"
            " 2 when it could not start and nothing has changed, 130 after Ctrl-C, 143 and 129"
            " after SIGTERM and SIGHUP."
        )
        return super().create_parser(prog_name, subcommand, epilog=epilog, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", metavar="ORGANIZATION", help="Its id: org_…")
        parser.add_argument(
            "--ignore-column",
            action="append",
            default=[],
            metavar="NAME",
            help="A column of the file to pass over; can be given several times.",
        )
        parser.add_argument(
            "--actor",
            type=named,
            metavar="EMAIL",
            help=(
                "The account on whose behalf it is done, for the records. Its own permissions are"
                " not checked."
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
            default=BATCH_SIZE,
            metavar="NUMBER",
            help=f"How many rows are {self.done} in one transaction (default: {BATCH_SIZE}).",
        )
        parser.add_argument(
            "--report",
            type=named,
            metavar="FILE",
            help=(
                "Write what became of each row, as CSV in the order of the input:"
                f" {', '.join(self.columns)}. - writes it to standard output, and all else to"
                " standard error."
            ),
        )

    def handle(self, *, report: str | None, **options: Any) -> None:
        self.output = self.stderr if report == "-" else self.stdout
        self.output.style_func = None
        try:
            with interruptible():
                status = self._run(report=report, **options)
        except Interrupted as interrupted:
            self._error("\nStopped.")
            status = interrupted.exit_status
        except (CannotStartError, CommandError) as error:
            self._error(str(error))
            status = COULD_NOT_START
        except DATABASE_FAILURES as error:
            self._error(f"The database failed: {error}")
            status = COULD_NOT_START
        except OSError as error:  # a full disk, or a pipe whose reader has ended
            what = "The report cannot be written" if report else "Input or output failed"
            self._error(f"{what}: {error.strerror}. {CARRY_ON}")
            status = SOMEBODY_IS_NOT_DONE
        if status:
            sys.exit(status)

    def _run(
        self,
        *,
        organization: str,
        actor: str | None,
        reason: str,
        dry_run: bool,
        no_input: bool,
        batch_size: int,
        report: str | None,
        **options: Any,
    ) -> int:
        """Check, show the plan, ask, work; return the exit status."""
        require_schema()
        run = Run.begin(clean(organization), actor=clean(actor or ""), reason=reason)
        with closing(self.input()) as stored:
            stored.batch_size = batch_size
            self.add_rows(run, stored, **options)
            if not len(stored):
                raise CannotStartError(
                    f"The file names {self.nobody}: there is no row below its header."
                )
            works = not dry_run and (no_input or self._confirms(run, stored))
            # Opened only now, so that a call that is not confirmed overwrites no earlier report.
            with self._open(report, stored) as written:
                if works:
                    return self._work(run, stored, written)
                plan = self._preview(run, stored, written)
            if dry_run:
                self._say(plan.plan(run.organization.name))
            return plan.exit_status

    def _open(
        self, report: str | None, stored: StoredRows[AnyRow]
    ) -> AbstractContextManager[Report | None]:
        """Return a context with the report to write, or with None if none is wanted."""
        if report == "-":
            return nullcontext(Report(cast("TextIO", self.stdout._out), self.columns))
        return open_report(report, self.columns, stored.file) if report else nullcontext()

    def _confirms(self, run: Run, stored: StoredRows[AnyRow]) -> bool:
        """Show the plan and ask for the organization's name; return whether to do the work.

        It does not ask if there is nothing to do. Raises CannotStartError for a wrong answer or if
        there is no terminal.
        """
        name = run.organization.name
        plan = self._preview(run, stored, None)
        self._say(plan.plan(name))
        if not plan.changes_something:
            return False
        if not sys.stdin.isatty():
            raise CannotStartError(
                f"There is no terminal to ask for confirmation on. Pass --no-input to {self.verb}"
                " them without asking, or --dry-run to see what would happen."
            )
        self._say(f"Type the name of the organization, {name}, to {self.verb} them: ", ending="")
        self.output.flush()
        if clean(sys.stdin.readline()) != clean(name):
            raise CannotStartError(
                f"That is not its name. {self.nobody.capitalize()} was {self.done}."
            )
        return True

    def _preview(
        self, run: Run, stored: StoredRows[AnyRow], report: Report | None
    ) -> Summary[AnyRow]:
        """Return the summary of what would happen; write the rows to the report if there is one."""
        summary = self.summary(is_plan=True)
        previewed = self.preview(run, stored.in_batches())
        for rows in summary.add_with_progress(previewed, len(stored), sys.stderr):
            if report:
                report.write([row.planned for row in rows])
        return summary

    def _work(self, run: Run, stored: StoredRows[AnyRow], report: Report | None) -> int:
        """Do the work of all batches, write what happened, and return the exit status."""
        self._say(f"Run: {run.id}")  # first, so that a run that is killed can be undone
        self.output.flush()
        summary = self.summary()
        worked = work_in_batches(
            partial(self.work, run), stored.in_batches(), report_problem=self._error
        )
        problem, status = "", 0
        try:
            for rows in summary.add_with_progress(worked, len(stored), sys.stderr):
                if report:
                    report.write(rows)
                let_through()
        except BatchFailedError as error:
            problem, status = f"{error} ", SOMEBODY_IS_NOT_DONE
            if report:
                report.write(error.rows)
        except Interrupted as interrupted:
            problem, status = "Stopped: ", interrupted.exit_status
        finally:
            self._say(summary.result())
        if problem:
            self._error(f"{problem}{summary.count:,} of {len(stored):,} rows are done. {CARRY_ON}")
        return status or summary.exit_status

    def _say(self, text: str, ending: str = "\n") -> None:
        self.output.write(printable(text), ending=ending)

    def _error(self, text: str) -> None:
        self.stderr.write(printable(text))
