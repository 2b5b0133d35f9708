"""One batch after the other, with patience for a database that is gone for a moment."""

import time
from collections.abc import Iterable, Iterator, Sequence

from django.db import IntegrityError, connection

from config.api.errors import ServiceUnavailableError
from config.database import FAILURES
from organizations.bulk_removal.batches import remove_batch
from organizations.bulk_removal.leavers import Leaver
from organizations.bulk_removal.order import RemovalOrder
from organizations.bulk_removal.report import ReportRow

# Seconds to wait before each further attempt; a restart or a failover takes less than their sum.
WAITS = (1, 2, 4, 8, 15, 30)


class DatabaseLostError(Exception):
    """The database failed again and again; ``rows`` are those of the batch that is not done."""

    def __init__(self, rows: list[ReportRow], error: Exception) -> None:
        first_line, *_ = str(error).splitlines() or [""]
        super().__init__(f"The database failed for a minute: {first_line}.")
        self.rows = rows


def remove_in_batches(
    order: RemovalOrder, batches: Iterable[Sequence[Leaver]]
) -> Iterator[list[ReportRow]]:
    """Remove the leavers of each batch; return what became of its rows once it is committed.

    Raises DatabaseLostError when the database fails for a minute.
    """
    for batch in batches:
        yield _remove_patiently(order, batch)


def _remove_patiently(order: RemovalOrder, batch: Sequence[Leaver]) -> list[ReportRow]:
    """Remove one batch, trying again when the connection is lost or the batch is rolled back."""
    for attempt, wait in enumerate((*WAITS, None)):
        try:
            return remove_batch(order, batch, again=attempt > 0)
        # Who is named by the order may be gone by now, as its actor.
        except (*FAILURES, IntegrityError) as error:
            if wait is None:
                code = ServiceUnavailableError.code
                rows = [ReportRow(leaver.user_id, leaver.email, code) for leaver in batch]
                raise DatabaseLostError(rows, error) from error
            connection.close()
            time.sleep(wait)
    raise AssertionError("unreachable")
