"""The statements of every request, which PostgreSQL parses and plans once for a connection.

All others are bound as Django does by default: a plan that was made without the values of a search
uses no index. The plans of these are made without values at once (``force_generic_plan``): where
PostgreSQL decides, a server answers 0.74 / 0.82 / 0.86 as many removals with 1 / 4 / 16 at once
(medians of ten alternating turns, two cores).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import psycopg
from django.db import connection
from psycopg._queries import PostgresQuery

Parameters = Sequence[Any] | Mapping[str, Any]

_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?s")


class PreparedCursor(psycopg.RawCursor[tuple[Any, ...]]):
    """Prepares whatever it executes, unless the connection's ``prepare_threshold`` is None."""

    def execute(  # type: ignore[override]  # as Django's wrapper of cursors calls it
        self, query: str, params: Parameters | None = None
    ) -> "PreparedCursor":
        """Execute a statement as PostgreSQL numbers its values, which are sent apart."""
        text, names = _numbered(query)
        values = [params[name] for name in names] if isinstance(params, Mapping) else params
        return super().execute(text, values, prepare=True)

    def _convert_query(self, query: Any, params: Any = None) -> PostgresQuery:
        """Leave the statement where Django's log of queries looks for it."""
        self._query = super()._convert_query(query, params)
        return self._query


def fetch_prepared(sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that is prepared on the default connection.

    Raises, counts and logs as Django's own cursors do. Behind PgBouncer nothing is prepared.
    """
    with connection.cursor() as cursor:
        cursor.cursor = PreparedCursor(cursor.connection)
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


@cache
def _numbered(sql: str) -> tuple[str, list[str]]:
    """Return a statement with ``$1`` for its first placeholder, and the names of its placeholders.

    Once for each statement: psycopg would read one as long as the removal's each time.
    """
    names = list(dict.fromkeys(_PLACEHOLDER.findall(sql)))
    if names == [""]:
        numbers = iter(range(1, sql.count("%s") + 1))
        return _PLACEHOLDER.sub(lambda _: f"${next(numbers)}", sql), []
    return _PLACEHOLDER.sub(lambda found: f"${names.index(found[1]) + 1}", sql), names
