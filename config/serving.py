"""Tells the application that this process will serve requests."""

from django.dispatch import Signal

# Sent once the views are loaded and before the first request: for what would make that one wait.
# A receiver leaves no connection to the database open: each thread that serves has its own.
will_serve = Signal()
