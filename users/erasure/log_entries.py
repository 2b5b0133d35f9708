"""The admin's log, which stores names and addresses as text."""

from collections.abc import Collection, Iterator

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet

from users.addresses_in import mentioning, pattern_of
from users.erasure.texts import Text
from users.models import User

# What the id of an entry begins with where it stands beside the ids of records.
PREFIX = "log_"


def anonymize_log_entries(account: User) -> int:
    """Empty the entries about an erased account and its memberships; return how many.

    They go on to name the account by its id.
    """
    return sum(
        _about(row).update(object_repr=str(row)[:200], change_message="")
        for row in _rows_about(account)
    )


def entries_mentioning(addresses: Collection[str], *, but_about: User) -> Iterator[Text]:
    """Yield the entries about anything else that mention one of the addresses."""
    pattern = pattern_of(addresses)
    entries = LogEntry.objects.filter(
        mentioning("object_repr", addresses) | mentioning("change_message", addresses)
    ).order_by()
    theirs = {(_type_of(row).pk, str(row.pk)) for row in _rows_about(but_about)}
    for entry in entries:
        stored = f"{entry.object_repr}\n{entry.change_message}"
        if (entry.content_type_id, entry.object_id) not in theirs and pattern.search(stored):
            shown = f"{entry.object_repr}: {entry.get_change_message()}"
            yield Text(f"{PREFIX}{entry.pk}", _model_of(entry), shown, entry.action_time)


def replace_in_entries(
    record_ids: Collection[str], addresses: Collection[str], *, by: User
) -> None:
    """Replace the addresses in these entries by what the erased account is called."""
    pattern = pattern_of(addresses)
    numbers = [name.removeprefix(PREFIX) for name in record_ids if name.startswith(PREFIX)]
    for entry in LogEntry.objects.filter(pk__in=numbers):
        entry.object_repr = pattern.sub(str(by), entry.object_repr)[:200]
        entry.change_message = pattern.sub(str(by), entry.change_message)
        entry.save(update_fields=["object_repr", "change_message"])


def _rows_about(account: User) -> Iterator[Model]:
    """Yield the rows about a person that entries refer to: the account and its memberships."""
    yield account
    yield from account.memberships.select_related("user", "organization")


def _about(row: Model) -> QuerySet[LogEntry]:
    """Return the entries about a row."""
    return LogEntry.objects.filter(content_type=_type_of(row), object_id=str(row.pk))


def _model_of(entry: LogEntry) -> str:
    """Return the label of the model that an entry is about; if unknown, superusers see it."""
    if entry.content_type_id is None:
        return LogEntry._meta.label
    about = ContentType.objects.get_for_id(entry.content_type_id)
    return f"{about.app_label}.{about.model}"


def _type_of(row: Model) -> ContentType:
    """Return the content type of a row's model."""
    return ContentType.objects.get_for_model(row, for_concrete_model=False)
