"""The details of an event in words: departments, roles and people by name, times in one's zone."""

from collections.abc import Iterator
from typing import Any

from config.admin.links import NONE
from config.admin.times import time_in_words
from config.identifiers import only_ids
from config.timestamps import moment_of
from organizations.models import Event
from users.models import User


def details_of(event: Event) -> str:
    """Return the data of an event as text; what was deleted since is named by its id."""
    ids = set(_texts(event.data))
    names = {
        row.pk: str(row)
        for rows in (
            event.organization.departments.filter(pk__in=only_ids("dept", ids)),
            event.organization.roles.filter(pk__in=only_ids("role", ids)),
            User.objects.filter(pk__in=only_ids("usr", ids)),
        )
        for row in rows
    }
    return (
        "; ".join(f"{_label(key)}: {_in_words(value, names)}" for key, value in event.data.items())
        or NONE
    )


def _label(key: str) -> str:
    return key.removesuffix("_id").replace("_", " ")


def _texts(value: Any) -> Iterator[str]:
    """Yield every text within a value."""
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts(each)
        case dict():
            yield from _texts([*value.values()])


def _in_words(value: Any, names: dict[str, str]) -> str:
    """Return a value as text: an id by its name, a time in the reader's zone, a list by commas."""
    match value:
        case None | []:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str() if moment := moment_of(value):
            return time_in_words(moment)
        case list():
            return ", ".join(_in_words(each, names) for each in value)
        case dict():
            return " ".join(
                f"{_label(key)} {_in_words(each, names)}" for key, each in value.items()
            )
    return names.get(str(value), str(value))
