"""The backend that Django loads for ``ENGINE = "config.pooled_postgres"``."""

import select
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own PostgreSQL backend, which takes no connection that the server has closed."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection from the pool, in place of those that a restart or a failover cut."""
        while True:
            connection = super().get_new_connection(conn_params)
            if not _has_something_to_read(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)  # type: ignore[attr-defined]  # unknown to the stubs


def _has_something_to_read(connection: Any) -> bool:
    """Tell whether an idle connection has something to say: that it is over, as a rule."""
    socket = select.poll()
    socket.register(connection, select.POLLIN)
    return bool(socket.poll(0))
