"""The present and earlier names and addresses of an account."""

import re
from dataclasses import dataclass

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from users.models import User

# An account as User.__str__ writes it.
_WRITTEN_ACCOUNT = re.compile(r"(?:(?P<name>.+) <)?(?P<address>[^\s<>]+@[^\s<>]+?)>?")


@dataclass(frozen=True, slots=True)
class Identity:
    """A name, which may be empty, and an e-mail address."""

    name: str
    address: str


def identities_of(account: User) -> set[Identity]:
    """Return the account's present name and address, and earlier ones from the admin's log."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=account.pk
    )
    written = {str(account), *entries.values_list("object_repr", flat=True)}
    found = (_WRITTEN_ACCOUNT.fullmatch(text) for text in written)
    earlier = {Identity(match["name"] or "", match["address"]) for match in found if match}
    return {Identity(account.full_name, account.email), *earlier}


def whole_word_pattern(text: str) -> str:
    """Return a regular expression for a name or address that is not part of a longer one.

    It works in Python and in PostgreSQL.
    """
    if "@" in text:
        return rf"(?<![\w.+-]){re.escape(text)}(?![\w-]|\.\w)"
    return rf"(?<!\w){re.escape(text)}(?!\w)"
