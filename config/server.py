"""gunicorn's settings: ``gunicorn -c python:config.server``.

Options on the command line override these.
"""

import logging
import os
from itertools import count
from typing import Any

from gunicorn.glogging import Logger

# Read here, before any process is started: one that cannot work would be started again for ever.
# By another name: gunicorn would take `config` for its own setting.
from config import settings as _settings  # noqa: F401


class LinesOfTheApplication(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Writes gunicorn's lines to standard error as the application writes its own: as JSON."""

    def _set_handler(
        self, log: logging.Logger, output: str | None, fmt: logging.Formatter, stream: Any = None
    ) -> None:
        if output == "-":
            log.propagate = True
        else:  # a file that an option names
            super()._set_handler(log, output, fmt, stream)


logger_class = LinesOfTheApplication


def pre_fork(server: Any, worker: Any) -> None:
    """Give a process the lowest number that no other one has, by which `/metrics` names it.

    By its process id each restart would begin other time series, without end.
    """
    taken = {other.number for other in server.WORKERS.values()}
    worker.number = next(number for number in count() if number not in taken)


def post_fork(server: Any, worker: Any) -> None:
    """Tell the process its number."""
    os.environ["OFFBOARD_PROCESS"] = str(worker.number)


wsgi_app = "config.wsgi"
worker_class = "gthread"

# One process per core of a machine with two. Python runs one thread of each at a time; there are
# eight so that some are free while others wait for a lock or for an unreachable database. Whoever
# sends or reads slowly is kept from them by the proxy in front (config/nginx.conf).
workers = 2
threads = 8

# The server is controlled by signals only, and its home folder may be read-only.
control_socket_disable = True

# What a proxy says of the connection to it is believed by Django alone, and only with
# BEHIND_TLS_PROXY. gunicorn would believe whoever connects from this machine: a proxy there would
# seem to work without that setting, and all its callers would be one address.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
