"""Things that happen at the same moment, on connections of their own, without guessing times."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Barrier
from typing import TypeVar

from django.db import connection, connections, transaction

from config.errors import ContractError

First = TypeVar("First")
Result = TypeVar("Result")

DEADLINE_SECONDS = 20

CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend'"
)


def all_at_once(*calls: Callable[[], Result]) -> list[Result]:
    """Return what the calls return, each made in a thread of its own after all are ready."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        try:
            connection.ensure_connection()
            barrier.wait()
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@contextmanager
def in_background(call: Callable[[], Result]) -> Iterator[Future[Result]]:
    """Start a call in another thread; leaving the block waits for its end."""

    def run() -> Result:
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(run)


def outcome(call: Callable[[], object]) -> str:
    """Return what became of a call: "done", or the code of its refusal."""
    try:
        call()
    except ContractError as refusal:
        return refusal.code
    return "done"


def until_somebody_waits_for_a_lock(number: int = 1) -> None:
    """Return when so many connections to this database wait for locks that somebody holds.

    Raises AssertionError if that does not happen.
    """
    _until("wait_event_type = 'Lock'", lambda waiting: waiting >= number)


def waiting_for(first: Callable[[], First], second: Callable[[], Result]) -> tuple[First, Result]:
    """Return what both come to, the second of which has to wait until the first is committed.

    Raises AssertionError if the second does not wait, and what the calls raise.
    """
    with ExitStack() as both:
        with transaction.atomic():
            done = first()
            waiting = both.enter_context(in_background(second))
            until_somebody_waits_for_a_lock()
        return done, waiting.result()


def result_after(change: Callable[[], object], call: Callable[[], Result]) -> Result:
    """Return the result of a call that waits for a lock until the change is committed."""
    return waiting_for(change, call)[1]


def result_while_waiting(
    lock: Callable[[], object], call: Callable[[], Result], meanwhile: Callable[[], object]
) -> Result:
    """Return the result of a call that waits for a lock while something else is committed."""
    with ExitStack() as both:
        with transaction.atomic():
            lock()
            waiting = both.enter_context(in_background(call))
            until_somebody_waits_for_a_lock()
            with in_background(meanwhile) as changing:
                changing.result()
        return waiting.result()


def cut_whoever_waits_for_a_lock() -> None:
    """End the connections to this database that wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )


def cut_everybody_else() -> None:
    """End every other connection to this database; return when they are over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    _until("pid <> pg_backend_pid()", lambda others: others == 0)


def until_nobody_else_is_at_work() -> None:
    """Return when no other connection to the database is in the middle of anything.

    Raises AssertionError if that does not happen.
    """
    _until("pid <> pg_backend_pid() AND state <> 'idle'", lambda others: others == 0)


def _until(condition: str, is_it: Callable[[int], bool]) -> None:
    """Return when the number of connections to this database with a condition is as expected."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees one forever
            cursor.execute(f"{CONNECTIONS} AND {condition}")
            if is_it(cursor.fetchone()[0]):
                return
        time.sleep(0.01)  # between two looks, not instead of one
    raise AssertionError(f"still not so: {condition}")
