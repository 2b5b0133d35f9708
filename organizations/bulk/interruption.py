"""Turns Ctrl-C, SIGTERM and SIGHUP into an exception."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """The operator stops the run; psycopg cancels the statement, as for a KeyboardInterrupt."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_status = 128 + number  # the shells' convention: 130 after Ctrl-C


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted in the block at the first such signal; a second ends the process.

    Ignored signals stay ignored, such as SIGHUP under nohup.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread can set handlers
        return
    before = {
        number: handler
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if (handler := signal.getsignal(number)) is not signal.SIG_IGN
    }

    def interrupt(number: int, _: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        raise Interrupted(number)

    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
