"""Every statement of a deactivation fails in every way: all or nothing, no wrong answer."""

import pytest

from config.timestamps import in_whole_seconds
from organizations.models import Event, Membership, Resource
from tests.concurrency import until_nobody_else_is_at_work
from tests.production import Answer
from tests.proof.faulty_line import DEADLOCK, SERIALIZATION_FAILURE, TIMEOUT
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.proof.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = "faults, each at one of the statements of a deactivation"
STATEMENTS = (
    *("is the line alive", "token", "capabilities", "BEGIN", "locks", "caller", "state", "guards"),
    *("resources", "membership", "event", "COMMIT", "user", "roles", "departments"),
)


def is_deactivated(member: Membership) -> bool:
    """Whether the member is out with all that belongs to it; raises AssertionError for less."""
    member.refresh_from_db()
    owned = Resource.objects.owned_by(member.user_id).count()
    events = Event.objects.filter(user=member.user_id, data__resource_count=2).count()
    traces = (member.deactivated_at is not None, owned, events)
    assert traces in {(True, 0, 1), (False, 2, 0)}
    assert member.role_assignments.count() == 2
    return member.deactivated_at is not None


def assert_all_or_nothing(scene: Scene, member: Membership, answer: Answer) -> None:
    """Raise AssertionError unless database, answer and the client's next request agree."""
    until_nobody_else_is_at_work()
    deactivated = is_deactivated(member)
    assert answer.status in {200, 500, 503}, answer.body
    if answer.status == 200:
        assert deactivated
    else:
        assert answer.error["code"] in {"SERVICE_UNAVAILABLE", "INTERNAL_ERROR"}

    again = scene.deactivate(member)  # the next request works, and tells whether the first was done
    if deactivated:
        assert member.deactivated_at
        assert again.error["code"] == "USER_ALREADY_DEACTIVATED"
        assert again.error["details"]["deactivated_at"] == in_whole_seconds(member.deactivated_at)
    else:
        assert again.status == 200
    assert is_deactivated(member)
    assert broken_invariants() == []


def answers_to_faults(scene: Scene, tally: Tally, *, sqlstate: str = "", after: bool) -> list[int]:
    """Return the status of each deactivation at one of whose statements the fault happened."""
    answers = []
    for member, answer in scene.answers_to_faults(scene.deactivate, sqlstate=sqlstate, after=after):
        assert_all_or_nothing(scene, member, answer)
        answers.append(answer.status)
        tally(FAULTS)
    return answers


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_the_line_is_cut_at_any_statement(scene: Scene, tally: Tally, after: bool) -> None:
    assert len(answers_to_faults(scene, tally, after=after)) == len(STATEMENTS)


@pytest.mark.parametrize("sqlstate", [TIMEOUT, DEADLOCK, SERIALIZATION_FAILURE])
def test_any_statement_fails_on_the_server(scene: Scene, tally: Tally, sqlstate: str) -> None:
    answers = answers_to_faults(scene, tally, sqlstate=sqlstate, after=False)

    # What PostgreSQL undid for others is tried again, up to and with the commit; a timeout is not.
    of_transaction = answers[STATEMENTS.index("BEGIN") : STATEMENTS.index("COMMIT") + 1]
    assert set(of_transaction) == ({503} if sqlstate == TIMEOUT else {200})
