"""Writes the application's log of changes."""

from collections.abc import Iterable, Mapping
from functools import partial

import structlog
from django.db import transaction

from organizations.source import Source

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def log_on_commit(event: str, source: str, lines: Iterable[Mapping[str, object]]) -> None:
    """Log these lines of one kind of event once the transaction is committed.

    They have ids and counts only, no name or address. A command logs nothing: its report says what
    it did.
    """
    if source != Source.COMMAND:
        transaction.on_commit(partial(_log, event, list(lines)))


def _log(event: str, lines: Iterable[Mapping[str, object]]) -> None:
    for line in lines:
        logger.info(event, **line)
