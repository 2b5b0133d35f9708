"""``manage.py erase_account``: erases a person's data for good."""

import json
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from config.characters import clean, escaped, printable
from config.database_version import require_schema
from users.erasure.plan import ErasurePlan, find_refusal
from users.erasure.service import ErasureRefusedError, erase_account
from users.erasure.texts import Text
from users.models import User


class Command(BaseCommand):
    """Shows what is written about a person, asks for confirmation, erases, prints a receipt."""

    help = (
        "Erases a person's data: name, address and former ones, password, access tokens, failed"
        " logins, what directories call them, and what the log of the admin says of them. The"
        " account is disabled for good; records stay and speak of it by its id. Their memberships"
        " must have ended. Texts about others that mention an address of theirs are shown one by"
        " one; names are not searched for, since others may have the same. Prints a receipt as"
        " JSON: what was emptied, what stays and why."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", metavar="EMAIL_OR_ID", help="Whose data.")
        parser.add_argument(
            "--empty-reasons",
            action="store_true",
            help="Also empty the reasons on the records about them, and on no other.",
        )
        parser.add_argument(
            "--empty",
            action="append",
            default=[],
            metavar="RECORD_ID",
            help=(
                "Also empty the reason on this record, which is about them or mentions an address"
                " of theirs, or replace the address in this entry (log_…) of the admin's log;"
                " repeatable. The receipt names those that stay."
            ),
        )
        parser.add_argument(
            "--no-input",
            action="store_true",
            help="Do not ask. What is written stays, but for the two options above.",
        )

    def handle(
        self, *, account: str, empty_reasons: bool, empty: Sequence[str], no_input: bool, **_: Any
    ) -> None:
        """Erase the account. Raises CommandError if it is unknown, refused or not confirmed."""
        require_schema()
        found = User.objects.filter(Q(pk=clean(account)) | Q(email=account)).first()
        if found is None:
            raise CommandError(
                f"There is no user with the id or e-mail address {escaped(clean(account))}."
            )
        if refusal := find_refusal(found, actor=None):
            raise CommandError(printable(f"{found}: {refusal}"))
        plan = ErasurePlan.of(found, viewer=None)
        if unknown := set(empty).difference(plan.reasons.record_ids, plan.mentions.record_ids):
            raise CommandError(
                "Nothing was changed: these are neither about them nor mention an address of"
                f" theirs: {', '.join(map(escaped, sorted(unknown)))}."
            )
        emptied = {*empty, *(plan.reasons.record_ids if empty_reasons else ())}
        if not no_input:
            emptied |= self._review(plan, emptied)
            self._confirm(plan)
        try:
            receipt = erase_account(found.pk, actor=None, emptied=emptied)
        except ErasureRefusedError as refused:
            raise CommandError(printable(f"{found}: {refused}")) from refused
        self._print(json.dumps(receipt.as_dict(), indent=2))

    def _print(self, receipt: str) -> None:
        """Print the receipt, which cannot be made again: on standard error if need be.

        Raises CommandError then.
        """
        try:
            self.stdout.write(receipt)
            self.stdout.flush()
        except OSError as error:  # a full disk, or a pipe whose reader has ended
            self.stderr.write(receipt)
            raise CommandError(
                f"The data is erased, but its receipt could be printed only here: {error.strerror}."
            ) from error

    def _review(self, plan: ErasurePlan, emptied: set[str]) -> set[str]:
        """Show the texts, and ask which to empty; return the ids of these records."""
        chosen: set[str] = set()
        if plan.reasons.shown:
            self.stdout.write("Written about them:")
            for reason in plan.reasons.shown:
                self._show(reason)
            undecided = set(plan.reasons.record_ids) - emptied
            if undecided and _agrees("Empty all of these? [y/N] "):
                chosen |= undecided
        if plan.mentions.shown:
            self.stdout.write("Written about others, with an address of theirs:")
        for mention in plan.mentions.shown:
            self._show(mention)
            if mention.record_id not in emptied and _agrees("Empty this one? [y/N] "):
                chosen.add(mention.record_id)
        return chosen

    def _show(self, text: Text) -> None:
        self.stdout.write(f"  {text.written_at:%Y-%m-%d} {text.record_id}: {printable(text.text)}")

    def _confirm(self, plan: ErasurePlan) -> None:
        """Ask to type the account's address. Raises CommandError if another is typed."""
        account, former = plan.account, plan.addresses.former
        if former:
            self.stdout.write(printable(f"Former addresses: {', '.join(former)}"))
        if plan.directory_notice:
            self.stdout.write(printable(plan.directory_notice))
        self.stdout.write(
            printable(f"The data of {account} will be erased. This cannot be undone.")
        )
        if clean(_answer_to(f"Type {account.email} to go on: ")) != account.email:
            raise CommandError("Nothing was changed.")


def _agrees(question: str) -> bool:
    return _answer_to(question).strip().lower() in {"y", "yes"}


def _answer_to(question: str) -> str:
    """Return what the operator types. Raises CommandError without an operator."""
    try:
        return input(question)
    except EOFError as error:
        raise CommandError(
            "Nothing was changed, since nobody answered. Pass --no-input to erase without asking."
        ) from error
