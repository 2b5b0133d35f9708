"""The signals that stop a run."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.utils import timezone

from organizations.bulk.interruption import Interrupted, hold_back, interruptible, let_through
from organizations.models import Membership, Organization
from tests.organizations.bulk.command import UNASKED, run, users

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


def test_a_signal_that_is_held_back_interrupts_once_it_is_let_through() -> None:
    with interruptible():
        hold_back()
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Interrupted) as interrupted:
            let_through()

    assert interrupted.value.exit_status == 143


@pytest.mark.parametrize(
    ("command", "reads", "outcome"),
    [
        ("remove_members", "removal._recorded_counts", "removed"),
        ("remove_members", "schedule.latest_removals", "scheduled"),
        ("restore_members", "restoration._earlier_restorations", "restored"),
    ],
    ids=["remove", "schedule", "restore"],
)
def test_what_is_committed_is_reported_before_the_run_stops(
    organization: Organization,
    members: list[Membership],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    reads: str,
    outcome: str,
) -> None:
    named = users(*(member.user_id for member in members[:2]))
    if outcome == "restored":
        named = ["--run", run(organization, *named, "--no-input").id]
    if outcome == "scheduled":
        named += ["--at", (timezone.now() + timedelta(days=1)).isoformat()]
    module, name = f"organizations.bulk.{reads}".rsplit(".", 1)
    read = getattr(import_module(module), name)

    def interrupted(*arguments: Any, **options: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return read(*arguments, **options)

    monkeypatch.setattr(f"organizations.bulk.{reads}", interrupted)

    stopped = run(organization, *named, *UNASKED, "--batch-size", 1, command=command)

    assert (stopped.status, stopped.outcomes) == (130, [outcome])
    assert "Stopped: 1 of 2 rows are done." in stopped.errors
