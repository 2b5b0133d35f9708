"""Every statement of a removal fails in every way: all or nothing, and never a wrong answer."""

import os
import signal
from functools import partial
from itertools import count

import pytest
from django.db import OperationalError

from organizations.guards.caller import Operator
from organizations.models import Membership, Removal, Resource
from organizations.removal.service import RemovalOutcome, remove_members
from tests.concurrency import in_background, until_nobody_else_is_at_work
from tests.factories import MembershipFactory, OrganizationFactory
from tests.production import Answer
from tests.proof.faulty_line import (
    DEADLOCK,
    SERIALIZATION_FAILURE,
    TIMEOUT,
    Fault,
    FaultyLine,
    faulty_line,
)
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.proof.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = "faults, each at one of the statements of a removal"


def is_removed(member: Membership) -> bool:
    """Whether the member is out completely; raises AssertionError for anything in between."""
    left = Membership.objects.get(pk=member.pk)
    traces = (
        left.deleted_at is not None,
        not left.role_assignments.exists(),
        not left.department_memberships.exists(),
        not Resource.objects.owned_by(left.user_id).exists(),
        Removal.objects.filter(membership=left, resource_count=2).count() == 1,
    )
    assert all(traces) or not any(traces), traces
    return all(traces)


def assert_all_or_nothing(scene: Scene, member: Membership, answer: Answer | None) -> None:
    """Raise AssertionError unless database, answer and the client's next requests agree."""
    until_nobody_else_is_at_work()
    removed = is_removed(member)
    if answer is not None:
        assert answer.status in {204, 503, 500}, answer.body
        if answer.status == 204:
            assert removed
        else:
            assert answer.error["code"] in {"SERVICE_UNAVAILABLE", "INTERNAL_ERROR"}
            assert b"Traceback" not in answer.body
            assert b"psycopg" not in answer.body

    again = scene.remove(member)  # the next request works, and tells whether the first was done
    if removed:
        assert again.error["details"]["removal_id"] == Removal.objects.get(membership=member).pk
    else:
        assert again.status == 204
    assert is_removed(member)
    assert broken_invariants() == []


def answers_to_faults(
    scene: Scene, tally: Tally, *, sqlstate: str = "", after: bool = False
) -> list[int]:
    """Return the status of each removal at one of whose statements the fault happened."""
    answers = []
    for member, answer in scene.answers_to_faults(scene.remove, sqlstate=sqlstate, after=after):
        assert_all_or_nothing(scene, member, answer)
        answers.append(answer.status)
        tally(FAULTS)
    return answers


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_the_line_is_cut_at_any_statement(scene: Scene, tally: Tally, after: bool) -> None:
    answers = answers_to_faults(scene, tally, after=after)

    assert len(answers) == 7, (
        "is the line alive, token, capabilities, BEGIN, locks, removal, COMMIT"
    )


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_the_line_is_cut_at_any_statement_of_a_removal_of_many(tally: Tally, after: bool) -> None:
    organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])

    def remove(line: FaultyLine, fault: Fault, user_ids: list[str]) -> list[RemovalOutcome]:
        line.connect(fault)
        return remove_members(organization.pk, user_ids, transfer_to=None, caller=Operator())

    with faulty_line() as line:
        for number in count(1):
            members = MembershipFactory.create_batch(2, organization=organization, roles=["Member"])
            user_ids = [member.user_id for member in members]
            fault = Fault(number, after=after)
            asked = [*user_ids, "usr_nobody"]
            with in_background(partial(remove, line, fault, asked)) as removing:
                lost = isinstance(removing.exception(), OperationalError)
            until_nobody_else_is_at_work()

            # A lost line is an error; the records say whether the removal was done.
            removed = {Removal.objects.filter(membership=member).count() for member in members}
            assert removed in ([{0}, {1}] if lost else [{1}])
            assert broken_invariants() == []
            if not fault.happened.is_set():
                break
            assert lost
            tally(FAULTS)
    assert number == 6, "BEGIN, the locks, the removal, who was removed before, COMMIT"


@pytest.mark.parametrize("sqlstate", [TIMEOUT, DEADLOCK, SERIALIZATION_FAILURE])
def test_any_statement_fails_on_the_server(scene: Scene, tally: Tally, sqlstate: str) -> None:
    answers = answers_to_faults(scene, tally, sqlstate=sqlstate)

    # What PostgreSQL undid for others is tried again, up to and with the commit; a timeout is not.
    assert (answers[-1] == 204) == (sqlstate != TIMEOUT)


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_the_process_is_killed_at_any_statement(scene: Scene, tally: Tally, after: bool) -> None:
    for number in count(1):
        worker = scene.worker()
        member = scene.member()
        fault = Fault(number, after=after, then=partial(os.kill, worker, signal.SIGKILL))
        scene.expect(fault, scene.remove)
        try:
            answer = scene.remove(member)
        except OSError:
            assert fault.happened.wait(20)
        else:
            assert not fault.happened.is_set(), answer
            break
        scene.server.until_ready()
        assert_all_or_nothing(scene, member, None)
        tally(FAULTS)
    assert number == 8, "is the line alive, token, capabilities, BEGIN, locks, removal, COMMIT"
