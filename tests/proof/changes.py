"""A change by one request, at every statement of which a fault happens."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from tests.concurrency import until_nobody_else_is_at_work
from tests.organizations.api.lists import address_in
from tests.production import Answer
from tests.proof.faulty_line import DEADLOCK, SERIALIZATION_FAILURE, TIMEOUT, Fault
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.proof.scene import Scene


@dataclass(frozen=True, slots=True)
class Change:
    """A request, whether it is done, and what the same request is answered afterwards."""

    method: str
    path: str
    body: dict[str, object] | None
    done: int
    again: int
    is_done: Callable[[], bool]

    def ask(self, scene: Scene) -> Answer:
        path = address_in(scene.owner.organization, self.path)
        return scene.server.ask(self.method, path, token=scene.token, body=self.body)


def faults() -> Iterator[tuple[str, bool]]:
    """Yield how a statement fails: on the server, or by a cut line before or after it."""
    yield from (("", False), ("", True))
    yield from ((sqlstate, False) for sqlstate in (TIMEOUT, DEADLOCK, SERIALIZATION_FAILURE))


def assert_all_or_nothing(
    scene: Scene, tally: Tally, make: Callable[[Scene, str], Change], figure: str
) -> None:
    """Raise AssertionError unless each fault leaves all of the change or nothing of it."""
    for sqlstate, after in faults():
        answers = set()
        for number in count(1):
            name = f"{sqlstate or 'cut'} {after} {number}"
            assert make(scene, f"{name} before").ask(scene).status < 300  # prepares statements
            change = make(scene, name)
            fault = Fault(number, sqlstate=sqlstate, after=after)
            scene.line.expect(fault)
            answer = change.ask(scene)
            until_nobody_else_is_at_work()
            if not fault.happened.is_set():
                assert (answer.status, change.is_done()) == (change.done, True)
                break
            assert answer.status in {change.done, 503}, answer.body
            done = change.is_done()
            assert done or answer.status == 503
            # The next request works, and tells whether the first was done.
            assert change.ask(scene).status == (change.again if done else change.done)
            assert change.is_done()
            answers.add(answer.status)
            tally(figure)
        assert number > 8
        assert 503 in answers
    assert broken_invariants() == []
