"""The backend for ``ENGINE = "config.embedded_postgres"``."""

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import sql

from config.embedded_postgres.server import Server


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL backend; it starts its server before the first connection."""

    def get_connection_params(self) -> dict[str, Any]:
        """Start the server and create the database, each if needed; return how to connect."""
        host, port = server_of(Path(self.settings_dict["DATA_DIRECTORY"]).resolve()).start()
        address: dict[str, Any] = {"host": host, "port": port, "user": "postgres"}
        parameters: dict[str, Any] = super().get_connection_params() | address
        if parameters["dbname"] != "postgres":
            _create_database(parameters["dbname"], **address)
        return parameters


@cache
def server_of(folder: Path) -> Server:
    """Return this process's one handle on the server of a folder."""
    return Server(folder)


@cache
def _create_database(name: str, **address: Any) -> None:
    """Create the database, unless it exists or another process creates it at the moment."""
    with psycopg.connect(dbname="postgres", autocommit=True, **address) as connection:
        exists = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(exists, [name]).fetchone():
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
