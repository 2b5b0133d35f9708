"""Many removals that nobody waits for, each in a transaction of its own."""

from collections.abc import Callable, Iterable

import structlog
from django.db import connection

from config.request_timeouts import LIMITS

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def do_each(work: Callable[[str], None], ids: Iterable[str]) -> None:
    """Do the work for each id.

    One that meets a fault (a member who is locked for long, for one) does not keep the others
    waiting: it is logged, stays as it is, and comes again the next minute. Raises what ended the
    connection.
    """
    for each in ids:
        try:
            work(each)
        except Exception:
            if not connection.is_usable():
                raise
            logger.exception("left_for_the_next_minute", id=each)


def limit_waiting() -> None:
    """Have this transaction wait no longer for a lock than a request does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LIMITS["lock_timeout"]])
