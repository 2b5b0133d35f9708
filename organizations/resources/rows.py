"""The rows of resources that registrations name, and what becomes of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from config.identifiers import only_ids
from config.search import indexed
from organizations.guards.targets import department_of, heir_of
from organizations.resources.registration import Registration

_FIND = Path(__file__).with_name("find.sql").read_text(encoding="utf-8")
_LOCK = f"{_FIND} FOR NO KEY UPDATE OF resource, entry"
_UPDATE = Path(__file__).with_name("update.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Row:
    """A resource with its entry."""

    id: str
    type: str
    external_id: str | None
    name: str
    url: str | None
    owner_id: str | None
    department_id: str | None

    @property
    def owner(self) -> str:
        """The id of the user or the department that owns it."""
        return self.owner_id or self.department_id or ""

    @property
    def key(self) -> tuple[str, str] | None:
        """Its type and its key, or None where it has no key."""
        return None if self.external_id is None else (self.type, self.external_id)


@dataclass(frozen=True, slots=True)
class Found:
    """The resources that registrations name, by their keys and by their ids."""

    by_key: dict[tuple[str, str], Row]
    by_id: dict[str, Row]

    def of(self, registration: Registration) -> Row | None:
        """Return the resource that a registration names by its id, or else by its key."""
        if registration.id is not None:
            return self.by_id.get(registration.id)
        return self.by_key.get(registration.key)


def find(organization_id: str, registrations: Collection[Registration]) -> Found:
    """Return the resources that these name, without a lock."""
    return _fetch(_FIND, organization_id, registrations)


def lock(organization_id: str, registrations: Collection[Registration]) -> Found:
    """Lock the resources that these name, in the order of their ids, and return them."""
    return _fetch(_LOCK, organization_id, registrations)


def _fetch(sql: str, organization_id: str, registrations: Collection[Registration]) -> Found:
    """Return the resources that the statement finds."""
    rows = _rows(
        sql,
        organization_id,
        keys=[each.key for each in registrations],
        ids=[each.id for each in registrations if each.id is not None],
    )
    return Found({row.key: row for row in rows if row.key}, {row.id: row for row in rows})


def find_one(organization_id: str, resource_id: str) -> Row | None:
    """Return a resource, without a lock."""
    return next(iter(_rows(_FIND, organization_id, ids=[resource_id])), None)


def lock_one(organization_id: str, resource_id: str) -> Row | None:
    """Lock a resource and return it."""
    return next(iter(_rows(_LOCK, organization_id, ids=[resource_id])), None)


def _rows(
    sql: str,
    organization_id: str,
    *,
    keys: Sequence[tuple[str, str]] = (),
    ids: Collection[str] = (),
) -> list[Row]:
    """Return the rows that the statement finds."""
    parameters: dict[str, Any] = {
        "organization_id": organization_id,
        "types": [slug for slug, _ in keys],
        "external_ids": [external_id for _, external_id in keys],
        "ids": only_ids("res", ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [Row(*row) for row in cursor.fetchall()]


def update(changes: Sequence[tuple[Row, Registration]]) -> None:
    """Write what changes of these rows, which are locked."""
    if not changes:
        return
    owners = [wanted.owner or row.owner for row, wanted in changes]
    with connection.cursor() as cursor:
        cursor.execute(
            _UPDATE,
            {
                "ids": [row.id for row, _ in changes],
                "types": [wanted.type for _, wanted in changes],
                "external_ids": [wanted.external_id for _, wanted in changes],
                "names": [wanted.name for _, wanted in changes],
                "words": [words_of(wanted.name) for _, wanted in changes],
                "urls": [wanted.url for _, wanted in changes],
                "owner_ids": [heir_of(owner) for owner in owners],
                "department_ids": [department_of(owner) for owner in owners],
                "updated_at": timezone.now(),
            },
        )


def words_of(name: str) -> str:
    """Return the words by which a name is found, as the statements take them."""
    return " ".join(indexed(name)[1:])


def owners_of(rows: Iterable[Row]) -> set[str]:
    """Return the ids of the users who own some of these."""
    return {row.owner_id for row in rows if row.owner_id}
