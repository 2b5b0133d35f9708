"""``manage.py create_scim_connection``: lets a directory in; its token is shown once."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from config.arguments import days, named, problems_of
from config.characters import clean, escaped
from config.database_version import require_schema
from organizations.connections.tokens import issue_token
from organizations.domains.command import add_shared_argument, explained_refusals
from organizations.domains.service import add_domains, domains_of
from organizations.handover.directories import OPENS_NO_TASKS, opens_no_tasks
from organizations.models import Connection, ConnectionTransfer, Organization
from organizations.scim.connections import read_departments, set_departments

PLACEHOLDER = "HOST"
DEACTIVATE, REMOVAL = ConnectionTransfer.Moment.DEACTIVATE, ConnectionTransfer.Moment.REMOVAL


def public_host() -> str | None:
    """Return the first host that ALLOWED_HOSTS names, or None."""
    names = [name for name in settings.ALLOWED_HOSTS if not name.startswith((".", "*"))]
    return next(iter(names), None)


class Command(BaseCommand):
    """Connects a directory to an organization and prints what to enter there."""

    help = (
        "Lets a directory (Okta, Entra ID) manage the members of an organization by SCIM 2.0: make"
        " accounts of the organization's mail domains, and members of them."
        " Prints its token, once, and the base URL, as lines for a shell; only the token's hash is"
        " stored. The directory acts with every capability there. An organization has one enabled"
        " connection; the admin gives it another token, or disables it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", metavar="ORG", help="The organization's id: org_…")
        parser.add_argument(
            "--name", required=True, metavar="NAME", help='What it is called, such as "Okta".'
        )
        parser.add_argument(
            "--domain",
            action="append",
            default=[],
            metavar="DOMAIN",
            help=(
                "Add a mail domain to those of the organization; can be given several times. The"
                " directory makes and finds accounts of these domains alone; without one, it can"
                " add nobody. It is what follows the @, whole: example.com is not eu.example.com."
            ),
        )
        add_shared_argument(parser)
        parser.add_argument(
            "--transfer-on-deactivate",
            type=named,
            metavar="DEPARTMENT",
            help="Id of the department that takes over what members own when it deactivates them.",
        )
        parser.add_argument(
            "--transfer-on-removal",
            type=named,
            metavar="DEPARTMENT",
            help="Id of the department that takes over what members own when it removes them.",
        )
        for moment, verb in ((DEACTIVATE, "deactivates"), (REMOVAL, "removes")):
            parser.add_argument(
                f"--transfer-type-on-{moment}",
                action="append",
                default=[],
                metavar="TYPE=DEPARTMENT",
                help=(
                    f"The department that takes over their resources of one type when it {verb}"
                    " them, such as repository=dept_eng; can be given several times."
                ),
            )
        parser.add_argument(
            "--remove-after-days",
            metavar="DAYS",
            type=days,
            help=(
                "Remove a member so many days after it deactivated them, unless somebody"
                " reactivates them: Okta never deletes (default: never)."
            ),
        )
        parser.add_argument(
            "--disable-staff",
            action="store_true",
            help="Disable a leaver's account for the admin, too (default: it lives on).",
        )

    @transaction.atomic
    def handle(
        self,
        *,
        organization: str,
        name: str,
        domain: Sequence[str],
        shared: bool,
        transfer_on_deactivate: str | None,
        transfer_on_removal: str | None,
        transfer_type_on_deactivate: Sequence[str],
        transfer_type_on_removal: Sequence[str],
        remove_after_days: int | None,
        disable_staff: bool,
        **_: Any,
    ) -> None:
        """Make the connection.

        Raises CommandError for an unknown organization or department, one that has an enabled
        connection, a name that is empty or too long, and a domain that cannot be added.
        """
        require_schema()
        organization = clean(organization)
        if not Organization.objects.filter(pk=organization).exists():
            raise CommandError(f"There is no organization with the id {escaped(organization)}.")
        connection = Connection(
            organization_id=organization,
            name=clean(name),
            transfer_on_deactivate_id=transfer_on_deactivate,
            transfer_on_removal_id=transfer_on_removal,
            remove_after_days=remove_after_days,
            disable_staff=disable_staff,
        )
        try:
            by_type = {
                moment: read_departments(connection, texts)
                for moment, texts in (
                    (DEACTIVATE, transfer_type_on_deactivate),
                    (REMOVAL, transfer_type_on_removal),
                )
            }
            connection.full_clean()
        except ValidationError as error:
            raise CommandError(problems_of(error)) from error
        with explained_refusals():
            add_domains(organization, domain, shared=domain if shared else ())
        connection.save()
        for moment, departments in by_type.items():
            set_departments(connection, moment, departments)
        token = issue_token(connection)
        domains = domains_of(organization)
        self.stderr.write(
            f"{connection} may manage the members of {organization}"
            f"{', and add people of ' + ', '.join(domains) if domains else ''}."
            " Keep the token: it cannot be shown again."
        )
        if not domains:
            self.stderr.write(
                f"{connection} can add nobody, since the organization has no mail domain. Set one:"
                f" manage.py set_domains {organization} DOMAIN"
            )
        if opens_no_tasks(connection):
            self.stderr.write(f"{connection}: {OPENS_NO_TASKS} (--remove-after-days)")
        host = public_host()
        if host is None:
            self.stderr.write(
                f"ALLOWED_HOSTS names no host: replace {PLACEHOLDER} by the name, and the port if"
                " it is not 443, at which the directory reaches this service."
            )
        self.stdout.write(f"export SCIM_TOKEN={token}")
        self.stdout.write(
            f"export SCIM_URL=https://{host or PLACEHOLDER}/scim/v2/organizations/{organization}"
        )
