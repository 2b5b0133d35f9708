"""Processor time of this process and of PostgreSQL's: unlike a clock, it ignores other load."""

import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

# What the loop below takes on an idle machine.
IDLE_SECONDS = 0.09


def slowness() -> float:
    """Return how much slower than on an idle machine the processor is now, at least 1.

    A processor shared with other virtual machines can take three times as long for minutes.
    """
    began = time.process_time()
    written = {}
    for number in range(1_000_000):
        written[number & 1023] = str(number)
    return max(1.0, (time.process_time() - began) / IDLE_SECONDS)


def of_database(call: Callable[[], object]) -> float:
    """Call; return the processor time of this connection's PostgreSQL process, in seconds."""
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
    """Call; return the processor time of this process and PostgreSQL's together, in seconds."""
    here = 0.0

    def timed() -> None:
        nonlocal here
        before = time.process_time()
        call()
        here = time.process_time() - before

    return of_database(timed) + here
