"""Free text that speaks of a person: what somebody wrote as the reason of a change."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import F, Q, QuerySet

from users.erasure.identities import as_whole, identities_of
from users.models import User

# Records with a `reason`: how each leads to whom it is about, and when it was written. Named as a
# foreign key names a model, since the applications of these depend on this one.
RECORDS = (
    ("organizations.Removal", "membership__user", "created_at"),
    ("organizations.Event", "user", "created_at"),
    ("organizations.ScheduledRemoval", "membership__user", "requested_at"),
)


@dataclass(frozen=True, slots=True)
class Reason:
    """What somebody wrote on the record of a change."""

    record_id: str
    text: str
    written_at: datetime


def reasons_about(account: User) -> list[Reason]:
    """Return what is written about the person, or on others' records with their name or address.

    The oldest comes first.
    """
    found = [
        Reason(record.pk, record.reason, record.written_at)
        for records in _records_about(account)
        for record in records
    ]
    return sorted(found, key=lambda reason: (reason.written_at, reason.record_id))


def empty_reasons(account: User, record_ids: Collection[str]) -> None:
    """Empty the reasons on these records, where they are about the person or name them."""
    for records in _records_about(account):
        records.filter(pk__in=record_ids).update(reason="")


def _records_about(account: User) -> Iterator[QuerySet[Any]]:
    """Return the records of each kind that have such a reason."""
    named = Q()
    for identity in identities_of(account):
        for text in filter(None, (identity.name, identity.address)):
            named |= Q(reason__iregex=as_whole(text))
    for label, person, moment in RECORDS:
        written = apps.get_model(label)._default_manager.annotate(written_at=F(moment))
        records = written.exclude(reason="")
        about = records.filter(**{person: account})
        yield records.filter(Q(pk__in=about.values("pk")) | named)
