"""Erases a person from the admin's log, which stores names and addresses as text."""

import json
import re
from collections.abc import Iterable, Sequence

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from users.erasure.identities import Identity, whole_word_pattern
from users.models import User


def anonymize_log_entries(account: User, identities: Iterable[Identity]) -> None:
    """Replace the names and addresses of an erased account in the admin's log by its id.

    Entries about the account or its memberships lose their whole text. In entries about another
    person only addresses are replaced, since that person may have the same name.
    """
    memberships = account.memberships.select_related("user", "organization")
    for row in (account, *memberships):
        about = ContentType.objects.get_for_model(row)
        LogEntry.objects.filter(content_type=about, object_id=row.pk).update(
            object_repr=str(row)[:200], change_message=""
        )
    people = ContentType.objects.get_for_models(User, memberships.model).values()
    of_other_things = LogEntry.objects.exclude(content_type__in=people)
    for identity in identities:
        name, address = identity.name, identity.address
        _replace(LogEntry.objects.all(), [f"{name} <{address}>", address], by=str(account))
        if name:
            _replace(of_other_things, [name], by=str(account))


def _replace(entries: QuerySet[LogEntry], texts: Sequence[str], *, by: str) -> None:
    """Replace the texts in the entries, except where they are part of longer words."""
    # A change message is JSON, which escapes all but ASCII.
    spellings = [*texts, *(json.dumps(text)[1:-1] for text in texts)]
    words = re.compile("|".join(map(whole_word_pattern, spellings)))
    mentioning = Q()
    for text in spellings:
        mentioning |= Q(object_repr__contains=text) | Q(change_message__contains=text)
    for entry in entries.filter(mentioning):
        entry.object_repr = words.sub(by, entry.object_repr)[:200]
        entry.change_message = words.sub(by, entry.change_message)
        entry.save(update_fields=["object_repr", "change_message"])
