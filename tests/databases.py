"""The databases of the tests: each process has its own, and a test that commits empties it."""

from itertools import count

from django.db import connection
from django.db.backends.utils import CursorWrapper

# Django truncates every table and makes content types and permissions anew, which takes a quarter
# of a second, whatever the test did. This waits like it for whoever still writes, and also empties
# the tables of procrastinate, which Django does not. A large table is truncated: else its size
# would tell in the plans of the tests that follow.
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
    """Return the first of ``name``, ``name_2`` and so on that nobody has; it is the caller's.

    It is until the cursor's connection ends, or PgBouncer's: a killed process keeps none. Whoever
    is still connected to it, as a server that a killed process had started, is cut.
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
    """Delete the rows of every table, but for those that migrations made."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
