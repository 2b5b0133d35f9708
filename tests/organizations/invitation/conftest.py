"""Who invites, and the mail server."""

from collections.abc import Iterator

import pytest

from organizations.domains.service import set_domains
from organizations.models import Membership
from tests.organizations.invitation.mail_server import MailServer, mail_server


@pytest.fixture
def owner(owner: Membership) -> Membership:
    """The owner of an organization with a mail domain."""
    set_domains(owner.organization_id, ["acme.example"])
    return owner


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes every mail."""
    with mail_server() as server:
        yield server
