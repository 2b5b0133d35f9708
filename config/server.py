"""How gunicorn runs the application: ``gunicorn -c python:config.server``.

Options on the command line win over these.
"""

import gc

from gunicorn.workers.base import Worker

wsgi_app = "config.wsgi"
worker_class = "config.api.unreadable.EnvelopeWorker"

# Measured on two cores: a process for each, and few threads, which wait for one another in Python.
workers = 2
threads = 3

# Each process has a queue of its own, and the kernel deals connections out. From a common queue the
# first to wake takes many, keeps them as long as they last, and others idle.
reuse_port = True

# SIGTERM lets requests in flight finish for so many seconds.
graceful_timeout = 30

# A request may have a line of 4 KiB, 64 header fields, and 8 KiB in each of them.
limit_request_line = 4096
limit_request_fields = 64
limit_request_field_size = 8190


def post_worker_init(worker: Worker) -> None:
    """Exempt what is loaded by now from garbage collection, which then looks at requests alone."""
    gc.freeze()
