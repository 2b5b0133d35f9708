"""How gunicorn runs the application: ``gunicorn -c python:config.server``.

Options on the command line win over these.
"""

import gc

from gunicorn.workers.base import Worker

wsgi_app = "config.wsgi"
worker_class = "config.api.unreadable.EnvelopeWorker"

# Measured on two cores: few threads a process, since they wait for one another in Python.
workers = 4
threads = 2

# SIGTERM lets requests in flight finish for so many seconds.
graceful_timeout = 30

# A request may have a line of 4 KiB, 64 header fields, and 8 KiB in each of them.
limit_request_line = 4096
limit_request_fields = 64
limit_request_field_size = 8190


def post_worker_init(worker: Worker) -> None:
    """Leave what was loaded to itself, so that collections find soon what requests leave behind."""
    gc.freeze()
