"""The trigger on accounts that keeps an active owner in each organization."""

from organizations.triggers import owner_account_is_disabled
from users.models import User


class MemberAccount(User):
    """An account, with the trigger that refuses to disable the last active owner's."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = (owner_account_is_disabled,)
