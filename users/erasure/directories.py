"""Finds the directories that know a person and would make a new account for them."""

from django.apps import apps

from users.models import User


def find_directory_notice(account: User, *, viewer: User | None) -> str:
    """Return what to do first where a directory manages or managed the person; else "".

    Nothing remembers an erased address, so a directory that still has the person makes an account
    of it again. Directories are named to those who may view them (None: the command).
    """
    changes = apps.get_model("organizations.Event")._base_manager.filter(user=account)
    known = apps.get_model("organizations.ScimIdentity")._base_manager.filter(user=account)
    connections = apps.get_model("organizations.Connection")._base_manager.filter(kind="directory")
    managing = connections.filter(
        pk__in={
            *changes.exclude(connection=None).values_list("connection", flat=True),
            *known.exclude(connection=None).values_list("connection", flat=True),
            *known.exclude(account_made_by=None).values_list("account_made_by", flat=True),
        }
    ) | connections.filter(
        disabled_at=None, organization__in=list(known.values_list("organization", flat=True))
    )
    found = list(managing.select_related("organization").order_by("organization", "pk"))
    if not found:
        return ""
    names = "a directory"
    if viewer is None or viewer.has_perm("organizations.view_connection"):
        names = ", ".join(f"{directory} of {directory.organization}" for directory in found)
    return (
        f"Managed by {names}, now or before: while it has them it makes a new account of them, so"
        " take them out there first."
    )
