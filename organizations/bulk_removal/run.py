"""One batch after the other, with patience for a database that is gone for a moment."""

import time
from collections.abc import Iterable, Iterator, Sequence

from django.db import IntegrityError, connection
from django.utils import timezone

from config.api.errors import ServiceUnavailableError
from config.database_errors import DATABASE_FAILURES
from organizations.bulk_removal.batches import remove_batch
from organizations.bulk_removal.leavers import Leaver
from organizations.bulk_removal.order import RemovalOrder
from organizations.bulk_removal.report import ReportRow

# Seconds to wait before each further attempt; a restart or a failover takes less than their sum.
WAITS = (1, 2, 4, 8, 15, 30)


class BatchFailedError(Exception):
    """The database did not do a batch; ``rows`` are those of the batch."""

    def __init__(self, what: str, error: Exception, batch: Sequence[Leaver]) -> None:
        first_line, *_ = str(error).splitlines() or [""]
        super().__init__(f"{what}: {first_line}.")
        code = ServiceUnavailableError.code
        self.rows = [ReportRow(leaver.user_id, leaver.email, code) for leaver in batch]


def remove_in_batches(
    order: RemovalOrder, batches: Iterable[Sequence[Leaver]]
) -> Iterator[list[ReportRow]]:
    """Remove the leavers of each batch; return what became of its rows once it is committed.

    Raises BatchFailedError when the database fails for a minute, or refuses a batch.
    """
    for batch in batches:
        yield _remove_patiently(order, batch)


def _remove_patiently(order: RemovalOrder, batch: Sequence[Leaver]) -> list[ReportRow]:
    """Remove one batch, trying again when the connection is lost or the batch is rolled back."""
    begun_at = timezone.now()
    for wait in (*WAITS, None):
        try:
            return remove_batch(order, batch, begun_at=begun_at)
        except IntegrityError as error:  # the account of the order's actor is gone, for one
            raise BatchFailedError("The database refused a batch", error, batch) from error
        except DATABASE_FAILURES as error:
            if wait is None:
                failed = "The database failed for a minute"
                raise BatchFailedError(failed, error, batch) from error
            connection.close()
            time.sleep(wait)
    raise AssertionError("unreachable")
