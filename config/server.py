"""gunicorn's settings: ``gunicorn -c python:config.server``.

Options on the command line override these.
"""

import logging
import os
from itertools import count
from typing import Any

from gunicorn.glogging import Logger

# Read before any process starts: gunicorn would restart one whose settings cannot work for ever.
# Imported by another name: gunicorn would take `config` for its own setting.
from config import settings as _settings  # noqa: F401


class LinesOfTheApplication(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Writes gunicorn's lines to standard error in the application's format (JSON)."""

    def _set_handler(
        self, log: logging.Logger, output: str | None, fmt: logging.Formatter, stream: Any = None
    ) -> None:
        if output == "-":
            log.propagate = True
        else:  # a file that an option names
            super()._set_handler(log, output, fmt, stream)


logger_class = LinesOfTheApplication


def pre_fork(server: Any, worker: Any) -> None:
    """Give a process the lowest free number, by which `/metrics` names it.

    By its process id, each restart would begin new time series.
    """
    taken = {other.number for other in server.WORKERS.values()}
    worker.number = next(number for number in count() if number not in taken)


def post_fork(server: Any, worker: Any) -> None:
    """Tell the process its number."""
    os.environ["OFFBOARD_PROCESS"] = str(worker.number)


wsgi_app = "config.wsgi"
worker_class = "gthread"

# One process per core of a machine with two. Python runs one thread of a process at a time; eight
# leave some free while others wait for a lock or an unreachable database. The proxy in front keeps
# slow clients from holding threads (config/nginx.conf).
workers = 2
threads = 8

# The server is controlled by signals only, and its home folder may be read-only.
control_socket_disable = True

# Only Django reads a proxy's headers, and only with BEHIND_TLS_PROXY. gunicorn would trust whoever
# connects from this machine: a proxy there would seem to work without that setting, and all its
# callers would count as one address.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

# The most that gunicorn takes, and about what nginx does: a directory's filter of 2,000 characters
# may be three times as long in an address.
limit_request_line = 8190
