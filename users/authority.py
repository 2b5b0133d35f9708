"""Decides who may change an account: not one with more rights in the admin."""

from django.contrib.auth.models import Permission
from django.db.models import Q

from users.models import User


def is_above(account: User, actor: User) -> bool:
    """Return whether the account may do something in the admin that the actor may not.

    A disabled account counts as enabled, since the actor could enable it.
    """
    if actor.is_superuser:
        return False
    permissions = Permission.objects.filter(Q(user=account) | Q(group__user=account))
    named = permissions.values_list("content_type__app_label", "codename")
    return account.is_superuser or not actor.has_perms([f"{app}.{name}" for app, name in named])
