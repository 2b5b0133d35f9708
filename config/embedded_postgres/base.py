"""The backend that Django loads for ``ENGINE = "config.embedded_postgres"``."""

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import sql

from config.embedded_postgres.server import Server


@cache
def server_of(folder: Path) -> Server:
    """Return this process's handle on the server of a folder."""
    return Server(folder)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own PostgreSQL backend, whose server starts with the first connection."""

    @property
    def server(self) -> Server:
        """The server of the folder that the settings name."""
        return server_of(Path(self.settings_dict["DATA_DIRECTORY"]).resolve())

    def get_connection_params(self) -> dict[str, Any]:
        """Return where the embedded server listens, with the rest of the settings."""
        parameters: dict[str, Any] = super().get_connection_params()
        return parameters | {"host": str(self.server.socket_folder), "user": "postgres"}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Start the server if need be, and connect to a database that is there."""
        if self.server.use() and conn_params["dbname"] != "postgres":
            _create_database(conn_params)
        return super().get_new_connection(conn_params)


def _create_database(conn_params: dict[str, Any]) -> None:
    """Create the database unless it exists, or another process creates it at this moment."""
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(conn_params["dbname"]))
    with psycopg.connect(
        host=conn_params["host"], user=conn_params["user"], dbname="postgres", autocommit=True
    ) as connection:
        exists = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(exists, [conn_params["dbname"]]).fetchone():
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(create)
