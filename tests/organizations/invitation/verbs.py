"""Invitations as tests ask for them."""

from typing import Any

from procrastinate.contrib.django.models import ProcrastinateJob

from organizations.guards.caller import Person
from organizations.invitation.service import invite
from organizations.models import Membership

NORA = "nora@acme.example"


def invited(by: Membership, email: str = NORA, **options: Any) -> Membership:
    """Have a member invite somebody; return the membership."""
    return invite(by.organization_id, email=email, caller=Person(actor=by.user), **options)


def jobs() -> list[dict[str, Any]]:
    """Return what the jobs that send mails hold."""
    return list(ProcrastinateJob.objects.filter(queue_name="mail").values_list("args", flat=True))
