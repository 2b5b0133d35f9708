"""What a process does before it serves requests, by WSGI or by ASGI."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from django.db.backends.signals import connection_created
from django.dispatch import Signal

from config.request_timeouts import limit_waiting

# Sent after the views are loaded and before the first request, for what would make that one wait.
# A receiver leaves no database connection open: each serving thread has its own.
will_serve = Signal()


def prepare_to_serve() -> None:
    """Limit how long requests wait, and load the views before the first request would."""
    connection_created.connect(limit_waiting)
    import_module("config.urls")
    # In a thread: an ASGI server may load its application inside its event loop, where Django does
    # not allow queries.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(will_serve.send, sender=None).result()
