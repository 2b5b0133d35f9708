"""``manage.py set_domains``: sets the mail domains of an organization."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.characters import clean, escaped
from config.database_version import require_schema
from organizations.domains.command import add_shared_argument, explained_refusals
from organizations.domains.service import domains_of, set_domains
from organizations.models import Organization


class Command(BaseCommand):
    """Sets the mail domains of an organization."""

    help = (
        "Sets the mail domains of an organization: these, and no others. Its directory makes and"
        " finds accounts of these domains alone, and renames only within them; without a domain,"
        " it can add nobody. Members whom it has already stay as they are, whatever their address."
        " Prints the list."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", metavar="ORG", help="The organization's id: org_…")
        parser.add_argument(
            "domains",
            nargs="*",
            metavar="DOMAIN",
            help="What follows the @, whole: example.com is not eu.example.com. None empties it.",
        )
        add_shared_argument(parser)

    def handle(self, *, organization: str, domains: Sequence[str], shared: bool, **_: Any) -> None:
        """Set the domains. Raises CommandError, and changes nothing, where one is refused."""
        require_schema()
        organization = clean(organization)
        if not Organization.objects.filter(pk=organization).exists():
            raise CommandError(f"There is no organization with the id {escaped(organization)}.")
        with explained_refusals():
            change = set_domains(organization, domains, shared=domains if shared else ())
        for done, changed in (("Added", change.added), ("Taken out", change.taken_out)):
            if changed:
                self.stderr.write(f"{done}: {', '.join(changed)}.")
        names = domains_of(organization)
        if not names:
            self.stderr.write("The list is empty: the organization's directory can add nobody.")
        for name in names:
            self.stdout.write(name)
