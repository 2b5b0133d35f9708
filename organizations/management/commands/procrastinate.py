"""``manage.py procrastinate``: the library's command, which says what it does in the log."""

import logging
import sys
from contextlib import redirect_stderr
from io import TextIOBase
from typing import Any

import structlog
from procrastinate.contrib.django.management.commands.procrastinate import Command as Library

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class LogStream(TextIOBase):
    """A stream whose lines become lines of the log, in its format."""

    def write(self, text: str) -> int:
        for line in text.splitlines():
            if line.strip():
                logger.info(line)
        return len(text)


class Failures(logging.Handler):
    """Notes whether a worker stops because a connection of its own is lost.

    The library only logs that, and ends as after a SIGTERM.
    """

    failed = False

    def emit(self, record: logging.LogRecord) -> None:
        self.failed |= getattr(record, "action", "") == "side_task_failed"


class Command(Library):
    """Runs workers, among others; the library prints when one starts, and why one does not."""

    def handle(self, *args: Any, **kwargs: Any) -> None:
        """Run it; ends with status 1 if a worker stops without having been told to."""
        failures, library = Failures(), logging.getLogger("procrastinate")
        library.addHandler(failures)
        try:
            with redirect_stderr(LogStream()):
                super().handle(*args, **kwargs)
        finally:
            library.removeHandler(failures)
        if failures.failed:
            sys.exit(1)
