"""Free text about a person: the reasons that somebody gave for changes."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import F, Q, QuerySet

from users.erasure.identities import identities_of, whole_word_pattern
from users.models import User

# Models with a `reason`, the lookup of the person whom it is about, and when it was written. They
# are named by label since their application depends on this one.
RECORDS = (
    ("organizations.Removal", "membership__user", "created_at"),
    ("organizations.Event", "user", "created_at"),
    ("organizations.ScheduledRemoval", "membership__user", "requested_at"),
)


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason on the record of a change."""

    record_id: str
    text: str
    written_at: datetime


def reasons_about(account: User) -> list[Reason]:
    """Return the reasons on records about the person, and those that name them, oldest first."""
    found = [
        Reason(record.pk, record.reason, record.written_at)
        for records in _records_about(account)
        for record in records
    ]
    return sorted(found, key=lambda reason: (reason.written_at, reason.record_id))


def empty_reasons(account: User, record_ids: Collection[str]) -> None:
    """Empty the reasons on those of these records that are about the person or name them."""
    for records in _records_about(account):
        records.filter(pk__in=record_ids).update(reason="")


def _records_about(account: User) -> Iterator[QuerySet[Any]]:
    """Yield, for each model, the records whose reason is about the person or names them."""
    named = Q()
    for identity in identities_of(account):
        for text in filter(None, (identity.name, identity.address)):
            named |= Q(reason__iregex=whole_word_pattern(text))
    for label, person, moment in RECORDS:
        written = apps.get_model(label)._default_manager.annotate(written_at=F(moment))
        records = written.exclude(reason="")
        about = records.filter(**{person: account})
        yield records.filter(Q(pk__in=about.values("pk")) | named)
