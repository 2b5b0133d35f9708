"""What a process does before it serves requests, by WSGI or by ASGI."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from django.db.backends.signals import connection_created
from django.dispatch import Signal

from config.request_timeouts import limit_waiting

# Sent once the views are loaded and before the first request: for what would make that one wait.
# A receiver leaves no connection to the database open: each thread that serves has its own.
will_serve = Signal()


def prepare_to_serve() -> None:
    """Limit how long requests wait, and load the views, which the first request would do."""
    connection_created.connect(limit_waiting)
    import_module("config.urls")
    # In a thread, since an ASGI server may load its application where no database is asked.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(will_serve.send, sender=None).result()
