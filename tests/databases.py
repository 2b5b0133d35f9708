"""The databases of the tests: each process has its own, and a test that commits empties it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.backends.utils import CursorWrapper

from config.embedded_postgres.server import Server

# Django's own way truncates every table and makes content types and permissions anew, which takes a
# quarter of a second. Like Django's, this waits for transactions that still write; unlike Django's,
# it empties procrastinate's tables, too. Large tables are truncated: their size would change the
# plans of later tests.
EMPTY = """
    DO $$
    DECLARE
        tables regclass[] := ARRAY(
            SELECT oid::regclass FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT IN
                ('django_migrations', 'django_content_type', 'auth_permission')
            ORDER BY relname
        );
        one regclass;
        filled boolean;
        may_disable_triggers boolean := current_setting('is_superuser') = 'on';
    BEGIN
        EXECUTE 'LOCK TABLE ' || array_to_string(tables, ', ') || ' IN SHARE ROW EXCLUSIVE MODE';
        IF may_disable_triggers THEN
            SET LOCAL session_replication_role = replica;  -- and foreign keys
        END IF;
        FOREACH one IN ARRAY tables LOOP
            EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO filled;
            IF filled AND may_disable_triggers AND pg_relation_size(one) <= 1000000 THEN
                EXECUTE 'DELETE FROM ' || one;
            ELSIF filled OR pg_relation_size(one) > 1000000 THEN
                EXECUTE 'TRUNCATE ' || one || ' CASCADE';
            END IF;
        END LOOP;
    END $$
"""


def take(cursor: CursorWrapper, name: str) -> str:
    """Return the first of ``name``, ``name_2`` and so on that nobody has, and reserve it.

    The reservation ends with the cursor's connection, or PgBouncer's: a killed process keeps none.
    Connections to that database are cut, such as those of a server that a killed process left.
    """
    taken = name
    cursor.execute("BEGIN")
    for number in count(2):
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [taken])
        if cursor.fetchone()[0]:
            break
        taken = f"{name}_{number}"
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [taken]
    )
    return taken


def empty_tables() -> None:
    """Delete the rows of every table, except those that migrations made."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)


@contextmanager
def embedded_server() -> Iterator[Server]:
    """Provide an embedded PostgreSQL, which is stopped at the end of the block.

    Its folder is not in pytest's: for root, a second pytest would close that one to PostgreSQL.
    """
    with TemporaryDirectory() as name:
        folder = Path(name) / "postgres"
        yield Server(folder)
        last = Server(folder)
        if (last.data / "PG_VERSION").exists():  # else it never ran
            with suppress(ImproperlyConfigured):
                last.start()
            last.leave()
