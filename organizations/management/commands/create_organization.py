"""``manage.py create_organization``: makes an organization with its owner, ready to be filled."""

import shlex
import sys
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from config.arguments import problems_of
from config.characters import clean
from config.database_version import require_schema
from organizations.assignment.owner import add_owner
from organizations.domains.command import add_shared_argument, explained_refusals
from organizations.domains.service import add_domains
from organizations.guards.caller import Operator
from organizations.models import Organization
from users.email_address import canonical_address, validate_address
from users.models import User


class Command(BaseCommand):
    """Creates an organization, its owner, and the owner's account if there is none."""

    help = (
        "Creates an organization with the roles Owner, Admin and Member, and makes somebody its"
        " owner. Prints the ids, as lines for a shell, and what to type next. An account that is"
        " made has no password: its owner acts by an access token."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="What the organization is called.")
        parser.add_argument(
            "--owner",
            required=True,
            metavar="EMAIL",
            help="E-mail address of the owner; without an account there, one is made.",
        )
        parser.add_argument(
            "--full-name", default="", metavar="NAME", help="The owner's name, for a new account."
        )
        parser.add_argument(
            "--domain",
            action="append",
            default=[],
            metavar="DOMAIN",
            help=(
                "A mail domain, whose people directories and invitations may add; can be given"
                " several times. It is what follows the @, whole."
            ),
        )
        add_shared_argument(parser)

    @transaction.atomic
    def handle(
        self,
        *,
        name: str,
        owner: str,
        full_name: str,
        domain: Sequence[str],
        shared: bool,
        **_: Any,
    ) -> None:
        """Create all of it, or nothing.

        Raises CommandError for a name that is empty or too long, an invalid address, an owner whose
        account is disabled, and a domain that cannot be added.
        """
        require_schema()
        organization = Organization(name=clean(name))
        account = User(email=canonical_address(owner), full_name=clean(full_name))
        try:
            validate_address(account.email)
            account.clean_fields(exclude=["password"])
            organization.clean_fields()
        except ValidationError as error:
            raise CommandError(problems_of(error)) from error
        namesake = Organization.objects.filter(name=organization.name).first()
        organization.save()
        try:
            account = add_owner(
                organization, email=account.email, full_name=account.full_name, caller=Operator()
            )
        except ValidationError as error:
            raise CommandError(problems_of(error)) from error
        roles = {role.name: role.pk for role in organization.roles.all()}
        with explained_refusals():
            add_domains(organization.pk, domain, shared=domain if shared else ())
        if namesake:
            self.stderr.write(f"There is another organization of this name: {namesake.pk}")
        self.stdout.write(f"export ORGANIZATION={organization.pk}")
        self.stdout.write(f"export OWNER={account.pk}")
        for role, role_id in sorted(roles.items()):
            self.stdout.write(f"export {role.upper()}_ROLE={role_id}")
        members = ["add_members", organization.pk, "--from-file", "members.csv"]
        token = ["create_token", account.email, "--organization", organization.pk]
        self.stderr.write(
            f"Created {organization}, owned by {account}. Next, its members, from a CSV file with a"
            " column email, and full_name, roles and departments if need be:\n"
            f"  {_line(*members, '--make-departments')}\n"
            "and a token for the API, of the owner:\n"
            f"  {_line(*token)}"
        )


def _line(*words: str) -> str:
    """Return the line that runs a command as this one was run."""
    return shlex.join([sys.executable, sys.argv[0], *words])
