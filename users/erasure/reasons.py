"""The reasons and notes on records: about a person, and about others with an address of theirs."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import QuerySet

from users.addresses_in import may_mention_any, mentioning, pattern_of
from users.erasure.texts import Text
from users.models import User


class Written(NamedTuple):
    """A model with a text, and the lookups of the person it is about and of when it was written.

    Models are named by label, since their application imports this one.
    """

    label: str
    field: str
    person: str
    moment: str


RECORDS = (
    Written("organizations.Removal", "reason", "membership__user", "created_at"),
    Written("organizations.Event", "reason", "user", "created_at"),
    Written("organizations.ScheduledRemoval", "reason", "membership__user", "requested_at"),
    # A note has no time of its own.
    Written(
        "organizations.OffboardingTask", "note", "removal__membership__user", "removal__created_at"
    ),
)


def reasons_about(account: User) -> Iterator[Text]:
    """Yield the reasons and notes on records about the person."""
    for written in RECORDS:
        yield from _texts(written, _some(written).filter(**{written.person: account}))


def reasons_mentioning(addresses: Collection[str], *, but_about: User) -> Iterator[Text]:
    """Yield the reasons and notes on others' records that mention one of the addresses."""
    pattern = pattern_of(addresses)
    # Excluded in Python: in the query, PostgreSQL would read all memberships.
    theirs = {reason.record_id for reason in reasons_about(but_about)}
    for written in RECORDS:
        mentions = _some(written).filter(
            may_mention_any(written.field), mentioning(written.field, addresses)
        )
        for text in _texts(written, mentions):
            if text.record_id not in theirs and pattern.search(text.text):
                yield text


def empty_reasons(record_ids: Collection[str]) -> None:
    """Empty the reasons and notes on these records."""
    for written in RECORDS:
        _records(written.label).filter(pk__in=record_ids).update(**{written.field: ""})


def _some(written: Written) -> QuerySet[Any]:
    return _records(written.label).exclude(**{written.field: ""})


def _texts(written: Written, records: QuerySet[Any]) -> Iterator[Text]:
    for record_id, text, moment in records.values_list("pk", written.field, written.moment):
        yield Text(record_id, written.label, text, moment)


def _records(label: str) -> QuerySet[Any]:
    records: QuerySet[Any] = apps.get_model(label)._base_manager.all()
    return records
