"""Which tables a transaction read from their beginning to their end."""

from django.db import connection

# So many members that their indexes are the cheaper way. A prepared statement is planned for ten
# rows, whatever their number is: for ten of a few thousand, reading a table whole is as good.
MANY = 20_000

LARGE = (
    "organizations_membership",
    "organizations_roleassignment",
    "organizations_departmentmembership",
    "organizations_resource",
    "users_user",
)


def tables_read_whole(*tables: str) -> dict[str, int]:
    """Return how often this transaction has read these tables, or each large one, whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)",
            [list(tables or LARGE)],
        )
        return dict(cursor.fetchall())
