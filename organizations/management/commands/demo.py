"""``manage.py demo``: serves a sample organization, to try the application on."""

import json
import secrets
import signal
import socket
import sys
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config.worker import worker_alongside
from organizations import sample
from organizations.connections.tokens import issue_token
from organizations.models import Connection, Organization, TokenBinding
from users.models import User

STAFF_EMAIL = "staff@acme.example"
RECEIVER = "http://127.0.0.1:9000/"
TOKEN_NAME = "demo"  # noqa: S105 (what the token is called)
PATCH_OF_ENTRA_ID = (
    '{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],'
    ' "Operations": [{"op": "Replace", "path": "active", "value": "False"}]}'
)


class Command(BaseCommand):
    """Migrates, makes a sample organization, says how to try it, and serves with a worker along."""

    help = (
        "Migrates, makes a small sample organization, prints how to try the API and the admin on"
        " it, and serves, with a worker along. Run again, it brings the sample back to its first"
        " state and touches nothing else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "addrport",
            nargs="?",
            metavar="ADDRPORT",
            default="127.0.0.1:8000",
            help="Port, or address and port, to serve at (default: 127.0.0.1:8000).",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="Make the sample on the server that DATABASE_URL names.",
        )
        parser.add_argument(
            "--open-to-the-network",
            action="store_true",
            help="Serve also at an address that other machines reach, though errors show all.",
        )

    def handle(self, *, addrport: str, force: bool, open_to_the_network: bool, **_: Any) -> None:
        """Serve the sample until interrupted; nothing is touched unless the port is free.

        Raises CommandError without --open-to-the-network for an address that is not this machine's
        own, without --force on a server that is not the demo's own, for an address that cannot be
        served at, and on a database that cannot be used.
        """
        if not (open_to_the_network or _is_of_this_machine(addrport)):
            raise CommandError(
                "The demo is for this machine: it has no TLS, and its errors show settings and"
                " data. To serve it to other machines all the same, pass --open-to-the-network."
            )
        if connection.settings_dict["ENGINE"] != "config.embedded_postgres" and not force:
            raise CommandError(
                "The demo brings its own PostgreSQL, but DATABASE_URL names a server. Unset it, or"
                " pass --force to make the sample organization there."
            )
        # As with Ctrl-C: what runs along, the worker and PostgreSQL, ends too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        with _listening_at(addrport):
            try:
                call_command("migrate", verbosity=0, skip_checks=False)
            except ImproperlyConfigured as error:  # the embedded PostgreSQL, which says what to do
                raise CommandError(str(error)) from error
            self._show(addrport, sample.restore_sample())
        with worker_alongside():
            call_command("runserver", addrport, use_reloader=False)

    def _token(self) -> str:
        """Return a new token of the sample's admin there; the demo's earlier ones are deleted."""
        admin = User.objects.get(pk=sample.id_of(sample.ADMIN))
        admin.access_tokens.filter(name=TOKEN_NAME).delete()
        member = admin.memberships.current().get(organization=sample.ORGANIZATION_ID)
        _, plain = TokenBinding.objects.issue(member, name=TOKEN_NAME, lifetime=timedelta(days=1))
        return plain

    def _directory_token(self, organization: Organization) -> str:
        """Return a new token of the sample's directory, which is connected if need be."""
        directory, _ = (
            Connection.objects.directories()
            .enabled()
            .get_or_create(organization=organization, defaults={"name": "Entra ID"})
        )
        return issue_token(directory)

    def _password(self) -> str:
        """Return a new password of the demo's staff user, who is made if need be."""
        password = secrets.token_urlsafe(9)
        staff, _ = User.objects.update_or_create(
            email=STAFF_EMAIL,
            defaults={
                "full_name": "Sam Staff",
                "is_active": True,
                "is_staff": True,
                "is_superuser": True,
            },
        )
        staff.set_password(password)
        staff.save()
        return password

    def _show(self, addrport: str, organization: Organization) -> None:
        """Print what to try, ready to paste, with new tokens and a new password."""
        code_host = organization.connections.enabled().get(name=sample.CODE_HOST)
        host = f"http://{addrport if ':' in addrport else f'127.0.0.1:{addrport}'}"
        organization_address = f"{host}/v1/organizations/{sample.ORGANIZATION_ID}"
        users = f"{organization_address}/users"
        directory = f"{host}/scim/v2/organizations/{sample.ORGANIZATION_ID}"
        authorization = '-H "Authorization: Bearer $ACCESS_TOKEN"'
        content_type = "-H 'Content-Type: application/json'"
        leaver, heir_id = sample.LEAVER.full_name, sample.id_of(sample.HEIR)
        leaver_id = sample.id_of(sample.LEAVER)
        removal = {
            "confirm": True,
            "transfer_resources_by_type": {"repository": heir_id},
            "transfer_resources_to_department_id": sample.DEPARTMENT_ID,
        }
        self.stdout.write(
            f"""
{leaver} leaves {organization}. Paste into another terminal:

export ACCESS_TOKEN={self._token()}
export SCIM_TOKEN={self._directory_token(organization)} SCIM_URL={directory}

curl -i -X DELETE '{users}/{leaver_id}' \\
  {authorization} \\
  {content_type} \\
  -d '{json.dumps(removal)}'

That was a mistake: restore her, with what she owned.

curl -i -X POST '{users}/{leaver_id}/restore' \\
  {authorization} \\
  {content_type} \\
  -d '{{"confirm": true}}'

Or suspend her, and have somebody take over her documents meanwhile.

curl -i -X POST '{users}/{leaver_id}/deactivate' \\
  {authorization} \\
  {content_type} \\
  -d '{{"transfer_resources_by_type": {{"document": "{heir_id}"}}}}'

Or her directory reports that she has left, as Entra ID does it.

curl -i -X PATCH '{directory}/Users/{leaver_id}' \\
  -H "Authorization: Bearer $SCIM_TOKEN" \\
  -H 'Content-Type: application/scim+json' \\
  -d '{PATCH_OF_ENTRA_ID}'

Who is there, and in which state?

curl '{users}' \\
  {authorization}

Her removal leaves three tasks: the laptop, the payroll, and her repositories, which the code host
passes on by itself. The receiver in organizations/events/README.md is such a code host. Run it with
the secret of this answer as WEBHOOK_SECRET, and this token:

export PROGRAM_TOKEN={issue_token(code_host)}

curl -X POST '{organization_address}/webhook-endpoints' \\
  {authorization} \\
  {content_type} \\
  -d '{{"url": "{RECEIVER}"}}'

Then remove her once more, as above. The receiver hears of it, reads what passed to whom, and closes
its task with the number of her repositories. What is done, and what is open?

curl '{organization_address}/offboarding-tasks?user_id={leaver_id}' \\
  {authorization}

The API, to read and to try:  {host}/v1/docs
The admin:                    {host}/admin/
  log in as                   {STAFF_EMAIL}
  with the password           {self._password()}

Stop with Ctrl-C; run again, and the sample is as it was at first.
"""
        )
        self.stdout.flush()


def _listening_at(addrport: str) -> socket.socket:
    """Return a socket that keeps a port, or address and port, from all other programs.

    Raises CommandError if that is not possible, such as where another demo is served already.
    """
    host, _, port = addrport.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family)
    except (OSError, OverflowError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandError(
            f"Nothing can be served at {addrport}: {why}. Nothing was changed. To serve the demo at"
            " another port: manage.py demo 8001"
        ) from error


def _is_of_this_machine(addrport: str) -> bool:
    """Return whether nobody on another machine reaches this port, or address and port."""
    host, _, _ = addrport.rpartition(":")
    if host in {"", "localhost"}:  # runserver listens at 127.0.0.1 where none is given
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:  # a name, or 0, which stands for every address
        return False
