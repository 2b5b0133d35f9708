"""Adds a member by e-mail address, and has an invitation sent."""

from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from config.job_queue import defer
from config.retries import retried
from organizations.assignment.service import add_member, already_members
from organizations.domains.service import check_domain
from organizations.exceptions import TooManyInvitationsError
from organizations.guards.acts import ADD
from organizations.guards.caller import Caller
from organizations.locks import admit
from organizations.models import Invitation, Membership, Organization
from users.email_address import canonical_address
from users.models import User

SEND = "organizations.invitation.tasks.send"
MOST = 50  # mails of an organization within PERIOD
PERIOD = timedelta(hours=1)


@retried
@transaction.atomic
def invite(
    organization_id: str,
    *,
    email: str,
    full_name: str = "",
    role_ids: Collection[str] = (),
    department_ids: Collection[str] = (),
    send_invitation: bool = True,
    custom_message: str = "",
    caller: Caller,
) -> Membership:
    """Make the user with this address a member, with an account if need be; return the membership.

    The address is valid. There is nothing to accept. A worker sends the mail after the commit,
    unless ``send_invitation`` is false, the account is disabled, or no mail server is configured.
    Raises MembershipAlreadyExistsError, whatever the domain; DomainNotAllowedError; what
    `add_member` raises; and TooManyInvitationsError.
    """
    admit(organization_id, caller=caller, act=ADD)
    address = canonical_address(email)
    accounts = User.objects.filter(email=address).values_list("pk", flat=True)
    for refusal in already_members(organization_id, list(accounts)).values():
        raise refusal
    check_domain(organization_id, address)
    user_id = User.objects.ensure({address: full_name})[address]
    membership = add_member(
        organization_id, user_id, role_ids=role_ids, department_ids=department_ids, caller=caller
    )
    can_log_in = User.objects.filter(pk=user_id, is_active=True)
    if send_invitation and settings.SENDS_MAIL and can_log_in.exists():
        _defer_mail(membership, custom_message)
    return membership


def _defer_mail(membership: Membership, message: str) -> None:
    """Have a worker send the mail after the commit. Raises TooManyInvitationsError.

    Locks the organization, last (organizations/locks.py), so that the count holds.
    """
    Organization.objects.select_for_update(no_key=True).get(pk=membership.organization_id)
    now = timezone.now()
    latest = Invitation.objects.filter(
        organization=membership.organization_id, created_at__gt=now - PERIOD
    )
    times = list(latest.order_by("-created_at").values_list("created_at", flat=True)[:MOST])
    if len(times) == MOST:
        raise TooManyInvitationsError(wait=(times[-1] + PERIOD - now).total_seconds() + 1)
    Invitation.objects.create(
        membership=membership, organization_id=membership.organization_id, created_at=now
    )
    defer(SEND, [{"membership_id": membership.pk, "message": message}], queue="mail")
