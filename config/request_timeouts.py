"""How long a request waits in the database (contract: Errors); commands are not limited here."""

from django.db.backends.base.base import BaseDatabaseWrapper

LIMITS = {"lock_timeout": "5s", "statement_timeout": "30s"}


def limit_waiting(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Limit what a new connection waits for, except where an operator has set the limit already.

    They may by PGOPTIONS, in DATABASE_URL, or for the role, the database or the server. Behind
    PgBouncer they have to: there, a connection belongs to commands as well.
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
