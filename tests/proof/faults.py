"""One fault at each statement of a change: all of it is done or nothing, and no answer is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count

import pytest

from tests.concurrency import until_nobody_else_is_at_work
from tests.production import Answer
from tests.proof.faulty_line import DEADLOCK, SERIALIZATION_FAILURE, TIMEOUT, Fault
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.proof.scene import Scene

FaultAt = Callable[[int], Fault]  # takes the number of the statement

each_kind_of_fault = pytest.mark.parametrize(
    "fault_at",
    [
        Fault,
        partial(Fault, after=True),
        *(partial(Fault, sqlstate=state) for state in (TIMEOUT, DEADLOCK, SERIALIZATION_FAILURE)),
    ],
    ids=["cut before it", "cut after it", "timeout", "deadlock", "serialization failure"],
)


@dataclass(frozen=True, slots=True)
class Change:
    """A request, whether its change is in the database, and how a repeated request is answered."""

    what: str
    ask: Callable[[], Answer]
    is_done: Callable[[], bool]  # raises AssertionError for half a change
    done: int  # the status
    again: int  # the status of the same request once it is done
    details: Callable[[], dict[str, object]] = dict  # of the error that says so
    statements: tuple[str, ...] = ()  # all of them, if their number matters

    def assert_all_or_nothing(self, answer: Answer | None) -> None:
        """Raise AssertionError unless database, answer and the client's next request agree."""
        until_nobody_else_is_at_work()
        was_done = self.is_done()
        if answer is not None:
            assert answer.status in {self.done, 503}, answer.body
            assert was_done or answer.status == 503
        if answer is not None and answer.status == 503:
            assert answer.error["code"] == "SERVICE_UNAVAILABLE"
            assert b"Traceback" not in answer.body
            assert b"psycopg" not in answer.body

        again = self.ask()
        assert again.status == (self.again if was_done else self.done), again.body
        if was_done and again.status >= 400:
            assert self.details().items() <= again.error["details"].items()
        assert self.is_done()
        assert broken_invariants() == []


Make = Callable[[Scene, str], Change]  # takes a name that no other change has


def statuses_of_faults(
    scene: Scene, tally: Tally, make: Make, fault_at: FaultAt
) -> tuple[Change, list[int]]:
    """Return a change, and the status of each like it at one of whose statements a fault happened.

    Raises AssertionError where one is done by half or answered wrongly.
    """
    statuses: list[int] = []
    for number in count(1):
        assert make(scene, f"before {number}").ask().status < 300  # prepares the statements
        change, fault = make(scene, f"at {number}"), fault_at(number)
        scene.line.expect(fault)
        answer = change.ask()
        if not fault.happened.is_set():
            assert (answer.status, change.is_done()) == (change.done, True)
            return change, statuses
        change.assert_all_or_nothing(answer)
        statuses.append(answer.status)
        tally(f"faults, each at one of the statements of {change.what}")
    raise AssertionError  # count() does not end


def assert_any_statement_fails(scene: Scene, tally: Tally, make: Make, fault_at: FaultAt) -> None:
    """Raise AssertionError unless a fault at any statement has its answer.

    A connection that is dead before the first statement is replaced. PostgreSQL undoes a deadlock
    and a serialization failure for the sake of others, so the transaction is tried again, up to and
    with its commit. Everything else is answered by 503.
    """
    change, statuses = statuses_of_faults(scene, tally, make, fault_at)

    assert len(statuses) == len(change.statements) or (not change.statements and len(statuses) > 8)
    assert statuses[0] == change.done
    if not fault_at(0).is_undone_for_others:
        assert set(statuses[1:]) == {503}
    elif change.statements:
        begin, commit = map(change.statements.index, ("BEGIN", "COMMIT"))
        assert set(statuses[begin : commit + 1]) == {change.done}
    else:
        assert statuses.count(change.done) > len(statuses) / 2
