"""Being stopped between two batches, rather than in the middle of one."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """Whether somebody asked to stop, by Ctrl-C or by ending the process."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def exit_status(self) -> int:
        """The exit status that a shell expects of it: 130 after Ctrl-C."""
        return 128 + (self.signal or 0)

    def _ask(self, number: int, _: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt  # the second time: the batch in hand is rolled back
        self.signal = number
        # Not print: a signal can come in the middle of one.
        os.write(sys.stderr.fileno(), b"\nFinishing the batch in hand; again to roll it back.\n")


@contextmanager
def interruption() -> Iterator[Interruption]:
    """Let SIGINT and SIGTERM ask for a stop while the block runs; a second one forces it."""
    asked = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield asked  # only the main thread can have handlers
        return
    before = {
        number: signal.signal(number, asked._ask) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
