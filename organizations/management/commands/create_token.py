"""``manage.py create_token``: a new access token, shown once."""

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from config.database_version import require_schema
from organizations.models import Membership, TokenBinding
from users.models import AccessToken, User

LONGEST_DAYS = 3650
LONGEST_NAME = AccessToken._meta.get_field("name").max_length or 0


def days(value: str) -> int:
    """Return a number of days; raises ArgumentTypeError for what is none."""
    if not value.isdecimal() or not 1 <= int(value) <= LONGEST_DAYS:
        raise ArgumentTypeError(f"must be a whole number from 1 to {LONGEST_DAYS}")
    return int(value)


class Command(BaseCommand):
    """Creates an access token for the API and prints it; it cannot be shown again."""

    help = "Creates an access token for the API and prints it once: only its hash is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare who the token is for, what for, and for how long."""
        parser.add_argument("email", metavar="EMAIL", help="E-mail address of the user.")
        parser.add_argument(
            "--organization",
            metavar="ORGANIZATION",
            help=(
                "Its id: org_… The token acts there alone, and ends with the membership that the"
                " user has there now."
            ),
        )
        parser.add_argument("--name", default="", help="What the token is used for.")
        parser.add_argument(
            "--expires-in",
            metavar="DAYS",
            type=days,
            default=90,
            help="Days until it expires (default: 90).",
        )

    @transaction.atomic
    def handle(
        self, *, email: str, organization: str | None, name: str, expires_in: int, **_: Any
    ) -> None:
        """Create the token.

        Raises CommandError for an unknown or disabled user, for one who is no member of the
        organization, and for a long name.
        """
        require_schema()
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"There is no user with the e-mail address {email}.")
        if not user.is_active:
            raise CommandError(f"The account of {email} is disabled; its tokens would not work.")
        if len(name) > LONGEST_NAME:
            raise CommandError(f"The name is longer than {LONGEST_NAME} characters.")
        token, plain = AccessToken.objects.issue(
            user, name=name, lifetime=timedelta(days=expires_in)
        )
        where = ""
        if organization is not None:
            member = Membership.objects.current().of(organization, [user.pk]).first()
            if member is None:
                raise CommandError(f"{email} is not a member of {organization}.")
            TokenBinding.objects.create(token=token, membership=member)
            where = f" in {organization} alone,"
        self.stderr.write(
            f"Token for {user.email},{where} valid until {token.expires_at:%Y-%m-%d %H:%M} UTC."
            " Keep it: it cannot be shown again."
        )
        self.stdout.write(plain)
