"""Turns Ctrl-C, SIGTERM and SIGHUP into an exception."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """The operator stops the run; psycopg cancels the statement, as for a KeyboardInterrupt."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_status = 128 + number  # the shells' convention: 130 after Ctrl-C


@dataclass(slots=True)
class _Signals:
    """Whether signals are held back, and the number of the one that was, or 0."""

    are_held_back: bool = False
    number: int = 0


_signals = _Signals()


def hold_back() -> None:
    """Hold a signal back until `let_through`: what is committed is reported before a run stops."""
    _signals.are_held_back = True


def let_through() -> None:
    """Hold signals back no longer. Raises Interrupted for the one that was."""
    number, _signals.are_held_back, _signals.number = _signals.number, False, 0
    if number:
        raise Interrupted(number)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted in the block at the first such signal; a second ends the process.

    While signals are held back, it is raised later. Ignored signals stay ignored, such as SIGHUP
    under nohup.
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
        if _signals.are_held_back:
            _signals.number = number
        else:
            raise Interrupted(number)

    _signals.are_held_back, _signals.number = False, 0
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
