"""What organizations demand of accounts."""

from organizations.triggers import owner_account_is_disabled
from users.models import User


class MemberAccount(User):
    """A user as organizations see them: the account of their last active owner is not disabled."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = (owner_account_is_disabled,)
