"""Ids with a prefix, such as ``org_…`` and ``usr_…`` (contract: Conventions)."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, Self, TypeVar, cast

from django.core.validators import RegexValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from ulid import ULID

MAX_LENGTH = 64

Row = TypeVar("Row", bound=models.Model)


def generate_id(prefix: str) -> str:
    """Return a new id. It sorts after earlier ones, so inserts append to the index."""
    return f"{prefix}_{ULID()}"


def earliest_id(prefix: str, moment: datetime) -> str:
    """Return a lower bound of the ids that are generated at this moment or later."""
    return f"{prefix}_{str(ULID.from_datetime(moment))[:10]}"


def id_pattern(*prefixes: str) -> str:
    """Return the regular expression of ids with one of these prefixes, for Python and PostgreSQL.

    It does not limit the length, as the column does: counting makes PostgreSQL 16 times slower.
    """
    prefix = prefixes[0] if len(prefixes) == 1 else f"(?:{'|'.join(prefixes)})"
    return rf"\A{prefix}_[A-Za-z0-9_]+\Z"


def is_id(prefix: str, value: str) -> bool:
    """Return whether the value is a well-formed id of this kind."""
    return len(value) <= MAX_LENGTH and re.match(id_pattern(prefix), value) is not None


def only_ids(prefix: str, values: Iterable[str]) -> list[str]:
    """Return the well-formed ids of this kind: PostgreSQL refuses some other texts as a value."""
    return [value for value in values if is_id(prefix, value)]


class IdentifiedQuerySet(models.QuerySet[Row]):
    """Queries for rows with a `PrefixedIdField` by ids from outside."""

    def named(self, *ids: str) -> Self:
        """Keep the rows with these ids; malformed ids match none, and need no query."""
        prefixes = cast("PrefixedIdField", self.model._meta.pk).prefixes
        return self.filter(pk__in=[each for prefix in prefixes for each in only_ids(prefix, ids)])


class PrefixedIdField(models.CharField[str, str]):
    """A primary key such as ``usr_abc123``; the database refuses every other form.

    Where several kinds of rows share a table, each has its prefix; a generated id has the first.
    Ids are compared byte by byte (``COLLATE "C"``).
    """

    def __init__(self, *prefixes: str) -> None:
        self.prefixes = prefixes
        super().__init__(
            primary_key=True,
            max_length=MAX_LENGTH,
            db_collation="C",
            default=partial(generate_id, prefixes[0]),
            editable=False,
            validators=[RegexValidator(id_pattern(*prefixes))],
        )

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, _, _ = super().deconstruct()
        return name, path, [*self.prefixes], {}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return ``varchar`` spelled out, so that Django adds no second index for LIKE."""
        return f"character varying({MAX_LENGTH})"

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        return f"{connection.ops.quote_name(self.column)} ~ '{id_pattern(*self.prefixes)}'"
