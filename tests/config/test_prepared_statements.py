"""The most frequent statements are prepared, and otherwise behave like Django's."""

import os

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from config.prepared_statements import FEW, fetch_prepared

# Real transactions, so that these are among the tests that also run through PgBouncer.
pytestmark = pytest.mark.django_db(transaction=True)


def prepared() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE NOT from_sql")
        return {statement for (statement,) in cursor.fetchall()}


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [("SELECT %s::int, 'a'", [1]), ("SELECT %(number)s::int, 'a'", {"number": 1})],
)
def test_it_returns_the_rows(sql: str, parameters: list[int] | dict[str, int]) -> None:
    assert fetch_prepared(sql, parameters) == [(1, "a")]


def test_a_statement_is_prepared_from_its_first_use_unless_pgbouncer_is_in_between() -> None:
    fetch_prepared("SELECT %s::int", [1])

    by_pgbouncer = os.environ.get("PGBOUNCER") == "true"
    assert ("SELECT $1::int" in prepared()) is not by_pgbouncer


def test_no_other_statement_is_prepared() -> None:
    before = prepared()
    for _ in range(10):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::text", ["as Django does"])

    assert prepared() == before


def test_its_faults_are_those_of_django() -> None:
    with pytest.raises(DataError):
        fetch_prepared("SELECT %s::int", ["no number"])


def test_it_is_counted_as_a_query() -> None:
    with CaptureQueriesContext(connection) as queries:
        fetch_prepared("SELECT %s::int", [1])

    assert [query["sql"] for query in queries] == ["SELECT $1::int"]


def test_a_list_of_many_gets_a_plan_of_its_own() -> None:
    numbers = list(range(FEW + 1))

    assert fetch_prepared("SELECT cardinality(%s::int[])", [numbers]) == [(FEW + 1,)]
    named = {"many": numbers, "one": 1}
    assert fetch_prepared("SELECT 1 WHERE %(one)s = ANY (%(many)s::int[])", named) == [(1,)]

    assert not {statement for statement in prepared() if "cardinality" in statement}
