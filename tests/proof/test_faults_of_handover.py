"""Every statement of a change of a step or a task fails in every way: all or nothing."""

from collections.abc import Callable

import pytest
from django.utils.text import slugify

from organizations.models import Event, OffboardingStep, OffboardingTask
from tests.factories import OffboardingStepFactory, OffboardingTaskFactory
from tests.proof.changes import Change, assert_all_or_nothing
from tests.proof.figures import Tally
from tests.proof.scene import Scene

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

FAULTS = "faults, each at one of the statements of a change of a step or task"


def creating_a_step(scene: Scene, name: str) -> Change:
    made = OffboardingStep.objects.filter(title=name)
    body: dict[str, object] = {"key": slugify(name), "title": name, "enabled": False}
    return Change("POST", "offboarding-steps", body, 201, 409, made.exists)


def changing_a_step(scene: Scene, name: str) -> Change:
    step = OffboardingStepFactory.create(organization=scene.owner.organization, enabled=False)
    changed = OffboardingStep.objects.filter(title=name)
    path = f"offboarding-steps/{step.key}"
    return Change("PATCH", path, {"title": name}, 200, 200, changed.exists)


def deleting_a_step(scene: Scene, name: str) -> Change:
    step = OffboardingStepFactory.create(organization=scene.owner.organization, enabled=False)
    there = OffboardingStep.objects.filter(pk=step.pk)
    path = f"offboarding-steps/{step.key}"
    return Change("DELETE", path, None, 204, 404, lambda: not there.exists())


def closing_a_task(scene: Scene, name: str) -> Change:
    task = OffboardingTaskFactory.create(organization=scene.owner.organization)
    body: dict[str, object] = {"state": "done", "note": name, "count": 3}

    def is_closed() -> bool:
        """Whether it is closed, with one event; raises AssertionError for anything in between."""
        closed = OffboardingTask.objects.closed().filter(pk=task.pk, note=name).count()
        logged = Event.objects.filter(type=Event.Type.TASK_CLOSED, data__task_id=task.pk).count()
        assert (closed, logged) in {(0, 0), (1, 1)}
        return bool(closed)

    return Change("PATCH", f"offboarding-tasks/{task.pk}", body, 200, 200, is_closed)


@pytest.mark.parametrize(
    "make",
    [creating_a_step, changing_a_step, deleting_a_step, closing_a_task],
    ids=lambda make: make.__name__,
)
def test_any_statement_fails(
    scene: Scene, tally: Tally, make: Callable[[Scene, str], Change]
) -> None:
    assert_all_or_nothing(scene, tally, make, FAULTS)
