"""``manage.py remove_members``: take any number of members out of an organization."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandParser

from config.characters import clean
from organizations.bulk.command import Batches, BulkCommand
from organizations.bulk.exceptions import CannotStartError
from organizations.bulk.heirs import check_heirs, find_target
from organizations.bulk.people import People
from organizations.bulk.removal import preview_removals, remove_batch
from organizations.bulk.report import Row
from organizations.bulk.run import Run
from organizations.bulk.summary import RemovalSummary


class Command(BulkCommand):
    """Removes whom the call names."""

    help = (
        "Removes members from an organization: their roles and departments are deleted, their"
        " memberships end, what they own can pass to a department or a person, and each removal"
        " leaves its record. What somebody who was removed before still owns passes on, too. Works"
        " in batches that are each removed whole or not at all; interrupted, it rolls back the"
        " batch in hand, and the same call again carries on. restore_members undoes a run."
    )
    verb, done = "remove", "removed"
    summary = RemovalSummary
    columns = (
        "user_id",
        "email",
        "transfer_to",
        "outcome",
        "message",
        "roles",
        "departments",
        "resources",
        "transferred",
        "removal_id",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare who is meant, and what is to happen."""
        super().add_arguments(parser)
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
                " match), and optionally transfer_to for that row, which wins over --transfer-to."
                " A report of this command can be the file. - reads standard input."
            ),
        )
        parser.add_argument(
            "--transfer-to",
            default="",
            metavar="ID_OR_EMAIL",
            help=(
                "Who takes over what they own: a department by its id, or an active member by id or"
                " e-mail address, who does not leave too. Without it, it stays theirs."
            ),
        )

    def add_people(
        self,
        run: Run,
        people: People,
        *_: Any,
        user: list[str],
        from_file: str | None,
        ignore_column: list[str],
        transfer_to: str,
        **__: Any,
    ) -> None:
        """Add those who leave, and check that nobody among them takes over."""
        if not user and not from_file:
            raise CannotStartError("Name who leaves, by --user or --from-file.")
        people.transfer_to = find_target(run.organization, clean(transfer_to))
        people.add_users(user)
        if from_file:
            people.add_file(from_file, "transfer_to", ignore_column)
        check_heirs(run.organization, people)

    def preview(self, run: Run, batches: Batches) -> Iterator[list[Row]]:
        """Return what the removal of each batch would do after the ones before it."""
        return preview_removals(run.organization, batches)

    def work(self, run: Run, batch: Sequence[Row]) -> list[Row]:
        """Remove whom the rows mean."""
        return remove_batch(run, batch)
