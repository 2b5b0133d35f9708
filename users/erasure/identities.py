"""The names and addresses that an account has had."""

import re
from dataclasses import dataclass

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from users.models import User

# As User.__str__ writes an account.
_WRITTEN = re.compile(r"(?:(?P<name>.+) <)?(?P<address>[^\s<>]+@[^\s<>]+?)>?")


@dataclass(frozen=True, slots=True)
class Identity:
    """A name, empty where none was given, and an e-mail address."""

    name: str
    address: str


def identities_of(account: User) -> set[Identity]:
    """Return the account's present name and address, and earlier ones from the admin's log."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=account.pk
    )
    written = {str(account), *entries.values_list("object_repr", flat=True)}
    found = (_WRITTEN.fullmatch(text) for text in written)
    earlier = {Identity(match["name"] or "", match["address"]) for match in found if match}
    return {Identity(account.full_name, account.email), *earlier}


def as_whole(text: str) -> str:
    """Return the regular expression of a name or an address that is no part of a longer one.

    Python and PostgreSQL read it alike.
    """
    if "@" in text:
        return rf"(?<![\w.+-]){re.escape(text)}(?![\w-]|\.\w)"
    return rf"(?<!\w){re.escape(text)}(?!\w)"
