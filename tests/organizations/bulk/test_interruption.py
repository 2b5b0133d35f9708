"""The signals that stop a run."""

import signal
from collections.abc import Iterator

import pytest

from organizations.bulk.interruption import Interrupted, interruptible

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _handlers_as_a_shell_leaves_them() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_interrupts_and_the_second_would_end_the_process(number: int) -> None:
    status = 0

    with interruptible():
        try:
            signal.raise_signal(number)
        except Interrupted as interrupted:
            status = interrupted.exit_status
        handlers = {signal.getsignal(each) for each in SIGNALS}

    assert status == 128 + number
    assert handlers == {signal.SIG_DFL}


def test_a_signal_that_is_ignored_stays_so_as_under_nohup() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with interruptible():
        signal.raise_signal(signal.SIGHUP)

    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_the_handlers_of_before_come_back() -> None:
    with interruptible():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL

    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
