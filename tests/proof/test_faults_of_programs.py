"""Every statement of a removal by a program fails: all or nothing, as for a person."""

from itertools import count

import pytest

from tests.programs import connect_program
from tests.proof.faulty_line import DEADLOCK, TIMEOUT, Fault
from tests.proof.figures import Tally
from tests.proof.scene import Scene
from tests.proof.test_faults import FAULTS, assert_all_or_nothing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def by_program(scene: Scene) -> Scene:
    """The scene, with a program in the owner's place."""
    _, scene.token = connect_program(scene.owner.organization, "override_all_permissions")
    return scene


@pytest.mark.parametrize(
    "how",
    [{"after": False}, {"after": True}, {"sqlstate": TIMEOUT}, {"sqlstate": DEADLOCK}],
    ids=["cut before it", "cut after it", "timeout", "deadlock"],
)
def test_any_statement_of_a_removal_by_a_program_fails(
    by_program: Scene, tally: Tally, how: dict[str, object]
) -> None:
    for number in count(1):
        member = by_program.member()
        fault = Fault(number, **how)  # type: ignore[arg-type]
        by_program.expect(fault, by_program.remove)
        answer = by_program.remove(member)
        if not fault.happened.is_set():
            break
        assert_all_or_nothing(by_program, member, answer)
        tally(FAULTS)
    assert number == 10, "two more than of a person: its row is locked, and read behind the lock"
