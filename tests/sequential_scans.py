"""What a transaction has read: how many rows, and which tables from beginning to end."""

from django.db import connection

# So many members that their indexes are the cheaper way. A prepared statement is planned for ten
# rows, whatever their number is: for ten of a few thousand, reading a table whole is as good.
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
    """Have PostgreSQL plan by what is in these tables, or in all, and by nothing that was.

    What earlier tests made and undid is in the indexes still, and each page of an index that is to
    be read counts: of enough pages, the whole table is the cheaper way.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AS_AFTER_MAINTENANCE, {"tables": list(tables)})


def tables_read_whole(*tables: str) -> dict[str, int]:
    """Return how often this transaction has read these tables, or each large one, whole."""
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
