"""Empties the database after a test that commits."""

from django.db import connection

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
    BEGIN
        EXECUTE 'LOCK TABLE ' || array_to_string(tables, ', ') || ' IN SHARE ROW EXCLUSIVE MODE';
        SET LOCAL session_replication_role = replica;  -- without triggers and foreign keys
        FOREACH one IN ARRAY tables LOOP
            EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO filled;
            IF pg_relation_size(one) > 1000000 THEN
                EXECUTE 'TRUNCATE ' || one || ' CASCADE';
            ELSIF filled THEN
                EXECUTE 'DELETE FROM ' || one;
            END IF;
        END LOOP;
    END $$
"""


def empty_tables() -> None:
    """Delete the rows of every table, but for those that migrations made."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
