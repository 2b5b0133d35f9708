"""Finds, locks, makes and changes the rows of resources, each with its entry."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from django.db import connection
from django.utils import timezone

from config.identifiers import only_ids
from config.retries import OvertakenError
from config.search import indexed
from organizations.resources.registration import OWNER_DEPARTMENT, Registration

_FIND = Path(__file__).with_name("find.sql").read_text(encoding="utf-8")
_LOCK = f"{_FIND} FOR NO KEY UPDATE OF resource, entry"
_INSERTION = Path(__file__).with_name("insertion.sql").read_text(encoding="utf-8")
_UPDATE = Path(__file__).with_name("update.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Row:
    """A resource with its entry, as it was read or as it will be written."""

    id: str
    type: str
    name: str
    owner_id: str | None
    department_id: str | None
    external_id: str | None = None
    url: str | None = None

    @classmethod
    def of(cls, resource_id: str, wanted: Registration) -> Self:
        """Return the row of a new resource."""
        is_departments = wanted.owner_field == OWNER_DEPARTMENT
        return cls(
            id=resource_id,
            type=wanted.type,
            name=wanted.name,
            owner_id=None if is_departments else wanted.owner,
            department_id=wanted.owner if is_departments else None,
            external_id=wanted.external_id,
            url=wanted.url,
        )

    def after(self, wanted: Registration) -> "Row":
        """Return the row after a registration; without an owner it keeps its own."""
        row = Row.of(self.id, wanted)
        if wanted.owner:
            return row
        return replace(row, owner_id=self.owner_id, department_id=self.department_id)

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


def find(
    organization_id: str, registrations: Collection[Registration], *, locks: bool = False
) -> Found:
    """Return the resources that these name; with ``locks``, lock them in the order of their ids."""
    rows = _fetch(
        organization_id,
        keys=[each.key for each in registrations],
        ids=[each.id for each in registrations if each.id is not None],
        locks=locks,
    )
    return Found({row.key: row for row in rows if row.key}, {row.id: row for row in rows})


def find_one(organization_id: str, resource_id: str, *, locks: bool = False) -> Row | None:
    """Return a resource, locked if asked for."""
    return next(iter(_fetch(organization_id, ids=[resource_id], locks=locks)), None)


def _fetch(
    organization_id: str,
    *,
    keys: Sequence[tuple[str, str]] = (),
    ids: Collection[str] = (),
    locks: bool,
) -> list[Row]:
    """Return the resources with these keys, and those with these ids."""
    parameters: dict[str, Any] = {
        "organization_id": organization_id,
        "types": [slug for slug, _ in keys],
        "external_ids": [external_id for _, external_id in keys],
        "ids": only_ids("res", ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOCK if locks else _FIND, parameters)
        return [Row(*row) for row in cursor.fetchall()]


def insert(organization_id: str, rows: Sequence[Row]) -> None:
    """Insert these rows in two statements; their types exist.

    The caller of this function has locked the memberships of the owners and the existing resources.
    Raises OvertakenError if somebody else has just made a resource of the same key.
    """
    if not rows:
        return
    with connection.cursor() as cursor:
        # The commit checks two foreign keys for each row. A connection keeps the plans of its first
        # commits, which read whole tables if they were small then.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(_INSERTION, {**_columns(rows), "organization_id": organization_id})
        if cursor.rowcount < len(rows):
            raise OvertakenError("another made a resource of the same key meanwhile")


def update(rows: Sequence[Row]) -> None:
    """Write these rows, which the caller of this function has locked."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, _columns(rows))


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the parameters of insertion.sql and update.sql for these rows."""
    return {
        "ids": [row.id for row in rows],
        "types": [row.type for row in rows],
        "external_ids": [row.external_id for row in rows],
        "names": [row.name for row in rows],
        "words": [" ".join(indexed(row.name)[1:]) for row in rows],
        "urls": [row.url for row in rows],
        "owner_ids": [row.owner_id for row in rows],
        "department_ids": [row.department_id for row in rows],
        "updated_at": timezone.now(),
    }


def owners_of(rows: Iterable[Row]) -> set[str]:
    """Return the ids of the users who own some of these."""
    return {row.owner_id for row in rows if row.owner_id}
