"""What the current transaction has read: how many rows, and which tables as a whole."""

from django.db import connection

# With so many members, using an index is cheaper. A prepared statement is planned for ten rows: for
# ten of a few thousand, reading the whole table is as cheap.
MANY = 20_000

LARGE = (
    "organizations_membership",
    "organizations_roleassignment",
    "organizations_departmentmembership",
    "organizations_resource",
    "organizations_resourceentry",
    "users_user",
    "users_accesstoken",
)


_AS_AFTER_MAINTENANCE = """
    DO $$
    DECLARE
        one regclass;
    BEGIN
        SET CONSTRAINTS ALL IMMEDIATE;
        FOR one IN
            SELECT oid FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                AND (relname = ANY (%(tables)s) OR %(tables)s = '{}')
        LOOP
            EXECUTE 'REINDEX TABLE ' || one;
            EXECUTE 'ANALYZE ' || one;
        END LOOP;
    END $$
"""


def analyze(*tables: str) -> None:
    """Have PostgreSQL plan by the present rows of these tables, or of all.

    Indexes still hold entries of rows that earlier tests rolled back. Their pages count in a plan:
    with enough of them, reading the whole table is cheaper.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AS_AFTER_MAINTENANCE, {"tables": list(tables)})


def tables_read_whole(*tables: str) -> dict[str, int]:
    """Return how often this transaction has read each of these tables, or each large one, whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)",
            [list(tables or LARGE)],
        )
        return dict(cursor.fetchall())


def rows_read(*tables: str) -> int:
    """Return how many rows of these tables this transaction has read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))"
            " FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)",
            [list(tables)],
        )
        [(rows,)] = cursor.fetchall()
        return int(rows)
