"""Ids as the contract's conventions define them: ``org_``, ``usr_``, … and what follows."""

import re
from functools import partial
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from ulid import ULID

MAX_LENGTH = 64


def generate_id(prefix: str) -> str:
    """Return a new id that sorts after the earlier ones, so inserts stay at the end of an index."""
    return f"{prefix}_{ULID()}"


def id_pattern(prefix: str) -> str:
    """Return the regular expression of such an id; Python and PostgreSQL read it alike.

    It leaves the length to the column: to count takes PostgreSQL sixteen times as long.
    """
    return rf"\A{prefix}_[A-Za-z0-9_]+\Z"


def is_id(prefix: str, value: str) -> bool:
    """Tell whether the value could be an id of this kind: anything else needs no query."""
    return len(value) <= MAX_LENGTH and re.match(id_pattern(prefix), value) is not None


class PrefixedIdField(models.CharField[str, str]):
    """A primary key such as ``usr_abc123``; the database refuses every other form.

    Compared byte by byte (``COLLATE "C"``), since ids have no language.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        super().__init__(
            primary_key=True,
            max_length=MAX_LENGTH,
            db_collation="C",
            default=partial(generate_id, prefix),
            editable=False,
            validators=[RegexValidator(id_pattern(prefix))],
        )

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Return the arguments of the field for a migration: the prefix alone."""
        name, path, _, _ = super().deconstruct()
        return name, path, [self.prefix], {}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Spell ``varchar`` in full, for which Django makes no second index for LIKE."""
        return f"character varying({MAX_LENGTH})"

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        """Have the database check the form."""
        return f"{connection.ops.quote_name(self.column)} ~ '{id_pattern(self.prefix)}'"
