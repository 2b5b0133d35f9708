"""The reasons that somebody gave for changes: about a person, and of others with an address."""

from collections.abc import Collection, Iterator
from typing import Any

from django.apps import apps
from django.db.models import F, Q, QuerySet

from users.addresses_in import mentioning, pattern_of
from users.erasure.texts import Text
from users.models import User

# Models with a `reason`, the lookup of the person whom it is about, and when it was written. They
# are named by label since their application depends on this one.
RECORDS = (
    ("organizations.Removal", "membership__user", "created_at"),
    ("organizations.Event", "user", "created_at"),
    ("organizations.ScheduledRemoval", "membership__user", "requested_at"),
)


def reasons_about(account: User) -> Iterator[Text]:
    """Yield the reasons on records about the person."""
    for label, person, moment in RECORDS:
        yield from _texts(label, _written(label, moment).filter(**{person: account}))


def reasons_mentioning(addresses: Collection[str], *, but_about: User) -> Iterator[Text]:
    """Yield the reasons on others' records that mention one of the addresses."""
    pattern = pattern_of(addresses)
    # Left out here: PostgreSQL would rather read all memberships than look up whose each is.
    theirs = {reason.record_id for reason in reasons_about(but_about)}
    for label, _, moment in RECORDS:
        mentions = _written(label, moment).filter(
            Q(reason__contains="@"), mentioning("reason", addresses)
        )
        for text in _texts(label, mentions):
            if text.record_id not in theirs and pattern.search(text.text):
                yield text


def empty_reasons(record_ids: Collection[str]) -> None:
    """Empty the reasons on these records."""
    for label, _, _ in RECORDS:
        _records(label).filter(pk__in=record_ids).update(reason="")


def _written(label: str, moment: str) -> QuerySet[Any]:
    """Return the records of a model that have a reason."""
    written: QuerySet[Any] = _records(label).exclude(reason="").annotate(written_at=F(moment))
    return written


def _texts(label: str, records: QuerySet[Any]) -> Iterator[Text]:
    """Yield the reasons of these records."""
    for record_id, reason, written_at in records.values_list("pk", "reason", "written_at"):
        yield Text(record_id, label, reason, written_at)


def _records(label: str) -> QuerySet[Any]:
    """Return all records of a model."""
    records: QuerySet[Any] = apps.get_model(label)._base_manager.all()
    return records
