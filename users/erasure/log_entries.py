"""Erases a person from the admin's log, which stores names and addresses as text."""

from collections.abc import Collection, Iterator

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from users.addresses_in import mentioning, pattern_of
from users.erasure.texts import Text
from users.models import User

PREFIX = "log_"  # of an entry's id among those of records


def anonymize_log_entries(account: User) -> int:
    """Empty the entries about an account and its memberships, but for ids; return how many."""
    return sum(
        LogEntry.objects.filter(content_type=_type_of(row), object_id=str(row.pk)).update(
            object_repr=str(row)[:200], change_message=""
        )
        for row in _rows_about(account)
    )


def entries_mentioning(addresses: Collection[str], *, but_about: User) -> Iterator[Text]:
    """Yield the entries that mention one of the addresses and are not about the person."""
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
    """Replace the addresses in these entries by the name of the erased account."""
    pattern = pattern_of(addresses)
    numbers = [name.removeprefix(PREFIX) for name in record_ids if name.startswith(PREFIX)]
    for entry in LogEntry.objects.filter(pk__in=numbers):
        entry.object_repr = pattern.sub(str(by), entry.object_repr)[:200]
        entry.change_message = pattern.sub(str(by), entry.change_message)
        entry.save(update_fields=["object_repr", "change_message"])


def _rows_about(account: User) -> Iterator[Model]:
    """Yield the account and its memberships."""
    yield account
    yield from account.memberships.select_related("user", "organization")


def _model_of(entry: LogEntry) -> str:
    """Return the label of the model that an entry is about, or of entries if it is unknown."""
    if entry.content_type_id is None:
        return LogEntry._meta.label
    about = ContentType.objects.get_for_id(entry.content_type_id)
    return f"{about.app_label}.{about.model}"


def _type_of(row: Model) -> ContentType:
    return ContentType.objects.get_for_model(row, for_concrete_model=False)
