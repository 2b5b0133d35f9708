"""The backend that Django loads for ``ENGINE = "config.embedded_postgres"``."""

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import sql

from config.embedded_postgres.server import Server


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL backend, which starts its server before the first connection."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return how to connect, after starting the server and creating the database if needed."""
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
    """Create the database unless it exists or another process is just creating it."""
    with psycopg.connect(dbname="postgres", autocommit=True, **address) as connection:
        exists = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(exists, [name]).fetchone():
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
