"""Timeouts of the statements of requests (contract: Errors); commands have none."""

from django.db.backends.base.base import BaseDatabaseWrapper

LIMITS = {"lock_timeout": "5s", "statement_timeout": "30s"}


def limit_waiting(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Set the timeouts of a new connection, except those that an operator has set.

    Operators set them by PGOPTIONS, in DATABASE_URL, or for the role, the database or the server.
    Behind PgBouncer they must: commands share its connections.
    """
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return
    with connection.cursor() as cursor:
        for name, limit in LIMITS.items():
            cursor.execute(
                "SELECT set_config(name, %s, false) FROM pg_settings"
                " WHERE name = %s AND source = 'default'",
                [limit, name],
            )
