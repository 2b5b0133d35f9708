"""``manage.py erase_account``: erases a person's data for good."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from config.characters import clean, escaped, printable
from config.database_version import require_schema
from users.erasure.exceptions import ErasureRefusedError
from users.erasure.reasons import Reason, reasons_about
from users.erasure.service import erase_account, find_refusal
from users.models import User


class Command(BaseCommand):
    """Shows the reasons that mention a person, asks for confirmation, and erases."""

    help = (
        "Erases a person's data: name, address, password, access tokens, sessions, failed logins,"
        " and what the log of the admin says of them. The account is disabled for good; records"
        " stay and speak of it by its id. Their memberships must have ended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the account and the options."""
        parser.add_argument("account", metavar="EMAIL_OR_ID", help="Whose data.")
        parser.add_argument(
            "--empty-reasons",
            action="store_true",
            help="Also empty the reasons on records that are about them or name them.",
        )
        parser.add_argument(
            "--no-input",
            action="store_true",
            help="Do not ask. What is written about them stays, but with --empty-reasons.",
        )

    def handle(self, *, account: str, empty_reasons: bool, no_input: bool, **_: Any) -> None:
        """Erase the account. Raises CommandError if it is unknown, refused or not confirmed."""
        require_schema()
        found = User.objects.filter(Q(pk=clean(account)) | Q(email=account)).first()
        if found is None:
            raise CommandError(
                f"There is no user with the id or e-mail address {escaped(clean(account))}."
            )
        if refusal := find_refusal(found, actor=None):
            raise CommandError(printable(f"{found}: {refusal}"))
        reasons = reasons_about(found)
        if not no_input:
            empty_reasons = self._review(reasons, empty_reasons)
            self._confirm(found)
        emptied = [reason.record_id for reason in reasons] if empty_reasons else []
        try:
            erased = erase_account(found.pk, actor=None, emptied=emptied)
        except ErasureRefusedError as refused:
            raise CommandError(printable(f"{found}: {refused}")) from refused
        self.stdout.write(f"This is now {erased}.")

    def _review(self, reasons: list[Reason], empty: bool) -> bool:
        """Show the reasons that mention the person; return whether to empty them."""
        if not reasons:
            return False
        self.stdout.write("Written about them, or with their name:")
        for reason in reasons:
            text = printable(reason.text)
            self.stdout.write(f"  {reason.written_at:%Y-%m-%d} {reason.record_id}: {text}")
        return empty or input("Empty all of these? [y/N] ").strip().lower() in {"y", "yes"}

    def _confirm(self, account: User) -> None:
        """Ask to type the account's address. Raises CommandError if another is typed."""
        self.stdout.write(
            printable(f"The data of {account} will be erased. This cannot be undone.")
        )
        if clean(input(f"Type {account.email} to go on: ")) != account.email:
            raise CommandError("Nothing was changed.")
