"""``manage.py procrastinate``: the library's command, which says what it does in the log."""

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


class Command(Library):
    """Runs workers, among others; the library prints when one starts, and why one does not."""

    def handle(self, *args: Any, **kwargs: Any) -> None:
        with redirect_stderr(LogStream()):
            super().handle(*args, **kwargs)
