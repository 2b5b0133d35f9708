"""Every statement of a removal fails in every way: all or nothing, and never a wrong answer."""

import os
import signal
from functools import partial
from itertools import count

import pytest

from organizations.models import Membership, Removal, Resource
from tests.programs import connect_program
from tests.proof.faults import Change, FaultAt, assert_any_statement_fails, each_kind_of_fault
from tests.proof.faulty_line import Fault
from tests.proof.figures import Tally
from tests.proof.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = ("is the line alive", "token", "capabilities", "BEGIN", "locks", "removal", "COMMIT")
# The row of a program's connection is locked, and read behind the lock.
STATEMENTS_OF_PROGRAM = (
    *("is the line alive", "token", "capabilities", "BEGIN", "locks", "lock of the program"),
    *("its capabilities", "removal", "COMMIT"),
)


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


def removing(scene: Scene, name: str, statements: tuple[str, ...] = STATEMENTS) -> Change:
    member = scene.member()
    return Change(
        what="a removal",
        ask=partial(scene.remove, member),
        is_done=partial(is_removed, member),
        done=204,
        again=404,
        details=lambda: {"removal_id": Removal.objects.get(membership=member).pk},
        statements=statements,
    )


@each_kind_of_fault
@pytest.mark.parametrize("is_program", [False, True], ids=["by a person", "by a program"])
def test_any_statement_of_a_removal_fails(
    scene: Scene, tally: Tally, is_program: bool, fault_at: FaultAt
) -> None:
    make = removing
    if is_program:
        _, scene.token = connect_program(scene.owner.organization, "override_all_permissions")
        make = partial(removing, statements=STATEMENTS_OF_PROGRAM)

    assert_any_statement_fails(scene, tally, make, fault_at)


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_the_process_is_killed_at_any_statement(scene: Scene, tally: Tally, after: bool) -> None:
    for number in count(1):
        worker = scene.worker()
        assert removing(scene, "").ask().status == 204  # prepares the statements
        change = removing(scene, "")
        fault = Fault(number, after=after, then=partial(os.kill, worker, signal.SIGKILL))
        scene.line.expect(fault)
        try:
            answer = change.ask()
        except OSError:
            assert fault.happened.wait(20)
        else:
            assert not fault.happened.is_set(), answer
            break
        scene.server.until_ready()
        change.assert_all_or_nothing(None)
        tally("faults, each at one of the statements of a removal")
    assert number == len(STATEMENTS) + 1
