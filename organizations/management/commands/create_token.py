"""``manage.py create_token``: makes an access token and shows it once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from config.arguments import days
from config.characters import clean
from config.database_version import require_schema
from organizations.models import Membership, TokenBinding
from users.models import AccessToken, User
from users.models.access_token import AccountDisabledError

LONGEST_NAME = AccessToken._meta.get_field("name").max_length or 0
UNDECIDED = 2  # the exit status, as of other wrong arguments
SHOWN = 10


class Command(BaseCommand):
    """Creates an access token for the API and prints it; it cannot be shown again."""

    help = (
        "Creates an access token for the API and prints it once: only its hash is stored. It acts"
        " in the one organization that the user is a member of. For a member of several, or of"
        " none, say where: without that, the command makes no token and ends with status 2."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="E-mail address of the user.")
        where = parser.add_mutually_exclusive_group()
        where.add_argument(
            "--organization",
            metavar="ORGANIZATION",
            help=(
                "Its id: org_… The token acts there alone, and ends with the membership that the"
                " user has there now. By default the only one that the user is a member of."
            ),
        )
        where.add_argument(
            "--every-organization",
            action="store_true",
            help=(
                "The token acts wherever the user is a member now, as long as that very membership"
                " lasts, and in no organization that they join or come back to later."
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
        self,
        *,
        email: str,
        organization: str | None,
        every_organization: bool,
        name: str,
        expires_in: int,
        **_: Any,
    ) -> None:
        """Create the token.

        Raises CommandError for an unknown or disabled user, one who is no member of the
        organization, and a name that is too long; with status 2 if the call must say which
        organizations the token reaches.
        """
        require_schema()
        name = clean(name)
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"There is no user with the e-mail address {email}.")
        if not user.is_active:
            raise _disabled(email)
        if len(name) > LONGEST_NAME:
            raise CommandError(f"The name is longer than {LONGEST_NAME} characters.")
        current = Membership.objects.current().filter(user=user).select_related("organization")
        members = list(current.order_by("organization"))
        lifetime = timedelta(days=expires_in)
        try:
            if every_organization:
                token, plain = AccessToken.objects.issue(user, name=name, lifetime=lifetime)
                where = f"in {_names_of(members)}, and nowhere that they join later"
            else:
                member = _member_of(members, email, organization)
                token, plain = TokenBinding.objects.issue(member, name=name, lifetime=lifetime)
                where = f"in {_names_of([member])} alone"
        except AccountDisabledError:  # meanwhile
            raise _disabled(email) from None
        self.stderr.write(
            f"Token for {user.email}, {where}, valid until {token.expires_at:%Y-%m-%d %H:%M} UTC."
            " Keep it: it cannot be shown again."
        )
        self.stdout.write(plain)


def _disabled(email: str) -> CommandError:
    return CommandError(f"The account of {email} is disabled; its tokens would not work.")


def _member_of(
    members: Sequence[Membership], email: str, organization_id: str | None
) -> Membership:
    """Return the membership in an organization, by default the only one. Raises CommandError."""
    found = [member for member in members if organization_id in (None, member.organization_id)]
    if len(found) == 1:
        return found[0]
    if organization_id is not None:
        raise CommandError(f"{email} is not a member of {organization_id}.")
    advice = "Say where the token acts"
    if not members:
        advice = "No token reaches what they join later: add them first, then say where it acts"
    raise CommandError(
        f"{email} is a member of {_names_of(members)}. {advice}: --organization ORGANIZATION for"
        " one of them, or --every-organization for all that they are a member of now.",
        returncode=UNDECIDED,
    )


def _names_of(members: Sequence[Membership]) -> str:
    """Return the organizations of these memberships, by name and id."""
    named = [f"{member.organization} ({member.organization_id})" for member in members[:SHOWN]]
    more = len(members) - len(named)
    return ", ".join([*named, *([f"{more} more"] if more else [])]) or "no organization"
