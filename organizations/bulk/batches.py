"""Works batch by batch, a transaction each, and retries while the database is unreachable."""

import time
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from django.db import IntegrityError, connection

from config.api.errors import ServiceUnavailableError
from config.database_errors import DATABASE_FAILURES
from organizations.bulk.interruption import hold_back, let_through
from organizations.bulk.report import AnyRow, Row

BATCH_SIZE = 1000  # rows, unless the command says otherwise
LARGEST_BATCH = 10_000
# How long a batch is retried after its first failure: a failover of the database takes less.
PATIENCE_SECONDS = 60
LONGEST_WAIT_SECONDS = 15


class BatchFailedError(Exception):
    """The database refused a batch or stayed unreachable; ``rows`` are the rows of the batch."""

    def __init__(self, problem: str, error: Exception, batch: Iterable[Row]) -> None:
        super().__init__(_in_one_line(problem, error))
        code = ServiceUnavailableError.code
        self.rows = [row if row.outcome else replace(row, outcome=code) for row in batch]


def batch_size(value: str) -> int:
    """Return the number of rows in a batch. Raises ArgumentTypeError."""
    if not value.isdecimal() or not 1 <= int(value) <= LARGEST_BATCH:
        raise ArgumentTypeError(f"must be a whole number from 1 to {LARGEST_BATCH:,}")
    return int(value)


def work_in_batches(
    work: Callable[[Sequence[AnyRow]], list[AnyRow]],
    batches: Iterable[Sequence[AnyRow]],
    *,
    report_problem: Callable[[str], None],
) -> Iterator[list[AnyRow]]:
    """Do the work of each batch; yield its rows with their outcomes once it is committed.

    Signals are held back then, until the rows are reported and the caller lets them through.
    Raises BatchFailedError if the database refuses a batch or fails for longer than a minute.
    ``report_problem`` is called at a batch's first failure with a message for the operator.
    """
    for batch in batches:
        yield _work_patiently(work, batch, report_problem)


def _work_patiently(
    work: Callable[[Sequence[AnyRow]], list[AnyRow]],
    batch: Sequence[AnyRow],
    report_problem: Callable[[str], None],
) -> list[AnyRow]:
    """Do the work of one batch, retrying while the database fails; return its rows."""
    deadline, wait = 0.0, 1
    while True:
        try:
            rows = work(batch)
            hold_back()
            return rows
        except IntegrityError as error:  # for example, the actor's account was deleted
            raise BatchFailedError("The database refused a batch", error, batch) from error
        except DATABASE_FAILURES as error:
            connection.close()
            let_through()
            if not deadline:
                deadline = time.monotonic() + PATIENCE_SECONDS
                failed = _in_one_line("The database failed", error)
                report_problem(f"{failed} Trying again for {PATIENCE_SECONDS} seconds.")
            if time.monotonic() + wait > deadline:
                raise BatchFailedError("The database failed", error, batch) from error
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)


def _in_one_line(problem: str, error: Exception) -> str:
    """Return the problem with the first line of the database's message."""
    return f"{problem}: {next(iter(str(error).splitlines()), '')}."
