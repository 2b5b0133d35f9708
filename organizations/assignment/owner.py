"""Gives an organization its first owner, with an account if there is none."""

from django.core.exceptions import ValidationError

from organizations.assignment.service import add_member
from organizations.guards.caller import Caller
from organizations.models import Organization
from users.models import User


def require_able_to_own(account: User) -> None:
    """Raise ValidationError for an account that is disabled."""
    if not account.is_active:
        raise ValidationError(
            f"The account of {account.email} is disabled: it can own nothing.", "disabled"
        )


def add_owner(organization: Organization, *, email: str, full_name: str, caller: Caller) -> User:
    """Make the holder of a canonical address a member with the Owner role; return the account.

    An account that is missing is made, and nobody can log into it. Call it in the transaction that
    makes the organization. Raises ValidationError for a disabled account, and as `add_member`.
    """
    [account_id] = User.objects.ensure({email: full_name}).values()
    account: User = User.objects.get(pk=account_id)
    require_able_to_own(account)
    owner_role = organization.roles.get(is_owner=True)
    add_member(organization.pk, account.pk, role_ids=[owner_role.pk], caller=caller)
    return account
