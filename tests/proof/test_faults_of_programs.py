"""Every statement of a removal by a program fails: all or nothing, as for a person."""

from typing import Any

import pytest

from tests.programs import connect_program
from tests.proof.faulty_line import DEADLOCK, TIMEOUT
from tests.proof.figures import Tally
from tests.proof.scene import Scene
from tests.proof.test_faults import answers_to_faults

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
    by_program: Scene, tally: Tally, how: dict[str, Any]
) -> None:
    answers = answers_to_faults(by_program, tally, **how)

    assert len(answers) == 9, (
        "two more than of a person: its row is locked, and read behind the lock"
    )
