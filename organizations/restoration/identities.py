"""Makes the directory's identities of restored members valid again."""

from collections.abc import Collection

from django.db import IntegrityError
from django.db.models import Exists, OuterRef, Q

from config.retries import OvertakenError
from organizations.models import Connection, Removal, Restoration, ScimIdentity


def return_identities(restorations: Collection[Restoration]) -> None:
    """Make the identities that ended with the removals valid again, so that directories find them.

    It leaves out those of a disabled connection, and those whose userName or externalId somebody
    else has or had since: a directory can adopt these members. Raises OvertakenError if a directory
    has just given one of the names to somebody else.
    """
    removals = Removal.objects.filter(
        pk__in=[restoration.removal_id for restoration in restorations],
        membership__user=OuterRef("user"),
        organization=OuterRef("organization"),
        created_at=OuterRef("ended_at"),
    )
    same_name = Q(user_name_key=OuterRef("user_name_key"))
    same_external_id = Q(external_id=OuterRef("external_id")) & ~Q(external_id="")
    taken = ScimIdentity.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=OuterRef("ended_at")),
        same_name | same_external_id,
        connection=OuterRef("connection"),
    )
    identities = ScimIdentity.objects.filter(
        Exists(removals),
        ~Exists(taken),
        organization__in={restoration.removal.organization_id for restoration in restorations},
        user__in=[restoration.membership.user_id for restoration in restorations],
        connection__in=Connection.objects.directories().enabled(),
    )
    try:
        identities.update(ended_at=None)
    except IntegrityError as error:
        # Starting again leaves out that one identity; the others are valid again.
        raise OvertakenError("a directory gave a name to somebody else meanwhile") from error
