"""Processor time of this process and of PostgreSQL's: unlike a clock, it ignores a busy machine."""

import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

# What counting to a million takes where nobody else uses the processor.
IDLE_SECONDS = 0.09


def slowness() -> float:
    """Return how many times as long as on an idle machine the processor takes now, at least 1.

    Where the processor is another machine's, too, its time is not one's own: the same request took
    three times as long for minutes.
    """
    began = time.process_time()
    written = {}
    for number in range(1_000_000):
        written[number & 1023] = str(number)
    return max(1.0, (time.process_time() - began) / IDLE_SECONDS)


def of_database(call: Callable[[], object]) -> float:
    """Call; return how long PostgreSQL's process of this connection works on it, in seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [(pid,)] = cursor.fetchall()
    schedule = Path(f"/proc/{pid}/schedstat")

    def used() -> int:
        return int(schedule.read_text().split()[0])  # nanoseconds

    before = used()
    call()
    return (used() - before) / 1e9


def of_both(call: Callable[[], object]) -> float:
    """Call; return how long this process and PostgreSQL's work on it together, in seconds."""
    here = 0.0

    def timed() -> None:
        nonlocal here
        before = time.process_time()
        call()
        here = time.process_time() - before

    return of_database(timed) + here
