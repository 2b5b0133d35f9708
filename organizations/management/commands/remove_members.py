"""``manage.py remove_members``: take any number of members out of an organization."""

import signal
import sys
import uuid
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.database_errors import DATABASE_FAILURES
from organizations.bulk_removal.interruption import interruption
from organizations.bulk_removal.leavers import (
    BadFileError,
    Leaver,
    Leavers,
    in_batches,
    open_again_and_again,
)
from organizations.bulk_removal.order import RemovalOrder
from organizations.bulk_removal.plan import foresee
from organizations.bulk_removal.progress import show_progress
from organizations.bulk_removal.report import REMOVED, Report, ReportRow, Totals
from organizations.bulk_removal.run import BatchFailedError, remove_in_batches
from organizations.bulk_removal.summary import Plan, remember_staying, staying_lines
from organizations.models import Department, Organization
from users.models import User

LARGEST_BATCH = 10_000
CARRY_ON = "Run the same again to carry on."

EVERYBODY_IS_OUT = 0
SOMEBODY_STAYS = 1
COULD_NOT_START = 2
INTERRUPTED = 130


class CannotStartError(CommandError):
    """A call after which everything is as it was."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, returncode=COULD_NOT_START)


def batch_size(value: str) -> int:
    """Return the number of rows in a batch. Raises ArgumentTypeError."""
    if not value.isdecimal() or not 1 <= int(value) <= LARGEST_BATCH:
        raise ArgumentTypeError(f"must be a whole number from 1 to {LARGEST_BATCH:,}")
    return int(value)


class Command(BaseCommand):
    """Reads who leaves, shows what will happen, asks, removes in batches, and reports each row."""

    help = (
        "Removes members from an organization: their roles and departments are deleted, their"
        " memberships end, what they own can pass to a department, and each removal leaves its"
        " record. Works in batches that are each removed whole or not at all. Interrupted, it"
        " finishes the batch in hand; run again with the same file, it carries on."
    )
    epilog = (
        "Exit status: 0 when everybody is out, 1 when somebody is not, 2 when it could not start"
        " and nothing has changed, 130 after Ctrl-C."
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
                "Those who leave, as CSV in UTF-8 with a header: user_id or email (with both, both"
                " must match), and optionally transfer_to, a department's id for that row, which"
                " wins over --transfer-to. - reads standard input."
            ),
        )
        parser.add_argument(
            "--transfer-to",
            default="",
            metavar="DEPARTMENT",
            help="Id of the department that takes over what they own. Without it, it stays theirs.",
        )
        parser.add_argument(
            "--actor",
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
                " outcome (removed, already_removed or why not), roles, departments, resources,"
                " removal_id. - writes it to standard output, and all else to standard error."
            ),
        )

    def handle(
        self,
        *,
        organization: str,
        user: list[str],
        from_file: str | None,
        transfer_to: str,
        actor: str | None,
        reason: str,
        dry_run: bool,
        no_input: bool,
        batch_size: int,
        report: str | None,
        **_: Any,
    ) -> None:
        """Remove them; exit with what became of it. Raises CommandError."""
        self.told = self.stderr if report == "-" else self.stdout
        self.told.style_func = None
        try:
            with ExitStack() as files:
                order = self._order(organization, transfer_to, actor, reason)
                leavers = self._leavers(user, from_file, files)
                count = self._count(leavers)
                if not dry_run and not no_input and not sys.stdin.isatty():
                    raise CannotStartError(
                        "There is no terminal to ask for confirmation on. Pass --no-input to remove"
                        " them without asking, or --dry-run to see what would happen."
                    )
                if not dry_run and not no_input:
                    self._foresee(order, in_batches(leavers, batch_size), count, None)
                    self._confirm(order.organization)
                # Opened no sooner: a report of an earlier run outlives a call that is called off.
                written = self._report(report, from_file, files)
                act = self._foresee if dry_run else self._remove
                status = act(order, in_batches(leavers, batch_size), count, written)
        except KeyboardInterrupt:
            self.stderr.write("\nStopped.")
            status = INTERRUPTED
        except BadFileError as error:
            raise CommandError(
                f"The file has changed since it was checked: {error}. What is removed stays so.",
                returncode=SOMEBODY_STAYS,
            ) from error
        except OSError as error:  # a full disk, or nobody who reads what is written
            what = "The report cannot be written" if report else "Input or output failed"
            raise CommandError(
                f"{what}: {error.strerror}. {CARRY_ON}", returncode=SOMEBODY_STAYS
            ) from error
        except DATABASE_FAILURES as error:
            raise CannotStartError(f"The database failed: {error}") from error
        if status:
            sys.exit(status)

    def _order(
        self, organization: str, transfer_to: str, actor: str | None, reason: str
    ) -> RemovalOrder:
        """Return what is asked for, once all that it names is found."""
        found = Organization.objects.filter(pk=organization).first()
        if found is None:
            raise CannotStartError(f"There is no organization {organization!r}.")
        if (
            transfer_to
            and not Department.objects.filter(organization=found, pk=transfer_to).exists()
        ):
            raise CannotStartError(f"{found} has no department {transfer_to!r}.")
        account = User.objects.filter(email=actor.lower()).first() if actor else None
        if actor and account is None:
            raise CannotStartError(f"There is no account with the e-mail address {actor!r}.")
        return RemovalOrder(found, transfer_to, account, reason, trace_id=uuid.uuid4().hex)

    def _leavers(self, users: list[str], from_file: str | None, files: ExitStack) -> Leavers:
        """Return those who leave; standard input is kept in a file, to be read more than once."""
        if not users and not from_file:
            raise CannotStartError("Name who leaves, by --user or --from-file.")
        named = [Leaver.named(user) for user in users]
        if not from_file:
            return Leavers(named)
        try:
            file = files.enter_context(open_again_and_again(from_file))
        except OSError as error:
            raise CannotStartError(f"{from_file} cannot be read: {error.strerror}.") from error
        return Leavers(named, file)

    def _count(self, leavers: Leavers) -> int:
        """Return how many rows there are, all of which can be read."""
        try:
            count = sum(1 for _ in leavers)
        except BadFileError as error:
            raise CannotStartError(f"The file cannot be used: {error}.") from error
        except OSError as error:
            raise CannotStartError(f"The file cannot be read: {error.strerror}.") from error
        if not count:
            raise CannotStartError("The file names nobody: there is no row below its header.")
        return count

    def _report(self, report: str | None, from_file: str | None, files: ExitStack) -> Report | None:
        """Return the report to write, if one is asked for."""
        if report is None:
            return None
        if report == "-":
            return Report(cast("TextIO", self.stdout._out))
        path = Path(report)
        if from_file and path.exists() and path.samefile(from_file):
            raise CannotStartError("The report would overwrite the file of those who leave.")
        try:
            file = files.enter_context(path.open("w", encoding="utf-8", newline=""))
            try:
                return Report(file)
            except OSError:
                with suppress(OSError):  # which tries to write the same once more
                    file.close()
                raise
        except OSError as error:
            raise CannotStartError(f"{report} cannot be written: {error.strerror}.") from error

    def _foresee(
        self,
        order: RemovalOrder,
        batches: Iterator[list[Leaver]],
        count: int,
        report: Report | None,
    ) -> int:
        """Show what would happen; return the exit status that it would have."""
        plan = Plan(order)
        for foreseen in show_progress(foresee(order, batches), count, plan.totals, sys.stderr):
            plan.add(foreseen)
            if report:
                report.write([one.row for one in foreseen])
        self.told.write(str(plan))
        return EVERYBODY_IS_OUT if plan.totals.everybody_is_out else SOMEBODY_STAYS

    def _confirm(self, organization: Organization) -> None:
        """Ask for the organization's name to be typed."""
        self.told.write(
            f"Type the name of the organization, {organization}, to remove them: ", ending=""
        )
        self.told.flush()
        if sys.stdin.readline().strip() != organization.name.strip():
            raise CannotStartError("That is not its name. Nobody was removed.")

    def _remove(
        self,
        order: RemovalOrder,
        batches: Iterator[list[Leaver]],
        count: int,
        report: Report | None,
    ) -> int:
        """Remove them; return the exit status."""
        totals = Totals()
        staying: list[ReportRow] = []
        done_batches = remove_in_batches(order, batches)
        failed: BatchFailedError | None = None
        with interruption() as asked:
            try:
                for rows in show_progress(done_batches, count, totals, sys.stderr):
                    totals.add(rows)
                    remember_staying(staying, rows)
                    if report:
                        report.write(rows)
                    if asked.signal:
                        break
            except BatchFailedError as error:
                failed = error
                if report:
                    report.write(failed.rows)
            except KeyboardInterrupt:  # for the second time
                asked.signal = asked.signal or signal.SIGINT
            finally:
                removed = f"Removed: {totals.outcomes[REMOVED]:,}"
                self.told.write("\n".join([removed, *staying_lines(staying, totals)]))
        done = totals.outcomes.total()
        if failed:
            self.stderr.write(f"{failed} {done:,} of {count:,} rows are done. {CARRY_ON}")
            return SOMEBODY_STAYS
        if done < count:
            self.stderr.write(f"Stopped after {done:,} of {count:,} rows. {CARRY_ON}")
            return asked.exit_status
        return EVERYBODY_IS_OUT if totals.everybody_is_out else SOMEBODY_STAYS
