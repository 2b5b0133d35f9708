"""One's own task takes no capability; every other takes one, and nobody learns which there are."""

from itertools import product
from typing import Any

import pytest
from django.db import transaction

from organizations.models import Connection, OffboardingTask, Removal
from tests.factories import OffboardingTaskFactory
from tests.proof.cast import (
    CALLERS,
    POWERLESS,
    PROGRAMS,
    Cast,
    answer_of,
    expected_answer,
    refusal_at_entry,
)
from tests.proof.figures import CELLS, Tally
from tests.proof.test_permissions import without_ids
from users.models.access_token import digest_of

EVERYBODY = (*CALLERS, *PROGRAMS)
OPEN_TO_THE_ABLE = ("of nobody", "of another program")
TASKS = ("own", *OPEN_TO_THE_ABLE, "of another organization", "unknown", "malformed")


def expected_code(caller: str, task: str, not_found: str) -> str:
    """What a request about this task, or its removal, answers; nothing where it is done."""
    if refusal := refusal_at_entry(caller, task):
        return refusal
    if task == "own":
        return ""
    if caller in POWERLESS:
        return "INSUFFICIENT_PERMISSIONS"
    return "" if task in OPEN_TO_THE_ABLE else not_found


def own_task(cast: Cast, caller: str) -> OffboardingTask:
    """Return a new task of the caller's, of another removal than that of the cast's task."""
    program = None
    if caller in PROGRAMS:
        program = Connection.objects.with_token(digest_of(cast.tokens[caller])).get()
    task: OffboardingTask = OffboardingTaskFactory.create(
        removal=Removal.objects.get(membership__user=cast.users["removed member"]),
        assigned_to_user=None if program else cast.users[caller],
        assigned_to_connection=program,
    )
    return task


def task_ids(cast: Cast, whose: str) -> dict[str, tuple[str, str]]:
    """Return the ids of tasks, somebody's own among them, and of their removals."""
    own, elsewhere = own_task(cast, whose), OffboardingTaskFactory.create()
    of_program: OffboardingTask = OffboardingTaskFactory.create(
        organization=cast.organization, assigned_to_connection=cast.connection
    )
    return {
        "own": (own.pk, own.removal_id),
        "of nobody": (cast.task.pk, cast.task.removal_id),
        "of another program": (of_program.pk, of_program.removal_id),
        "of another organization": (elsewhere.pk, elsewhere.removal_id),
        "unknown": ("tsk_unknown", "rem_unknown"),
        "malformed": ("tsk-malformed", "rem-malformed"),
    }


@pytest.mark.parametrize("caller", EVERYBODY)
def test_who_closes_which_task_and_reads_which_record(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    client, named = cast.client(caller), task_ids(cast, caller)
    here = cast.organization_path("this organization")
    for task in TASKS:
        task_id, removal_id = named[task]
        expected = expected_code(caller, task, "TASK_NOT_FOUND")
        with subtests.test(task=task), transaction.atomic():
            response: Any = client.patch(f"{here}/offboarding-tasks/{task_id}", {"state": "done"})

            assert answer_of(response) == expected_answer(expected)
            transaction.set_rollback(True)
        tally(CELLS)
        expected = expected_code(caller, task, "REMOVAL_NOT_FOUND")
        for suffix in ("", "/resources"):
            with subtests.test(task=task, record=suffix):
                response = client.get(f"{here}/removals/{removal_id}{suffix}")

                assert answer_of(response) == expected_answer(expected)
            tally(CELLS)


def test_no_answer_tells_which_tasks_exist(
    cast: Cast, tally: Tally, subtests: pytest.Subtests
) -> None:
    named, here = task_ids(cast, "owner"), cast.organization_path("this organization")
    pairs = [
        *product(sorted(POWERLESS), [("of nobody", "unknown"), ("own", "malformed")]),
        ("owner", ("of another organization", "unknown")),
    ]
    for caller, (there, not_there) in pairs:
        with subtests.test(caller=caller, there=there, not_there=not_there):
            one, other = (
                cast.client(caller).patch(f"{here}/offboarding-tasks/{task_id}", {"state": "done"})
                for task_id, _ in (named[there], named[not_there])
            )

            assert without_ids(one) == without_ids(other)
        tally("pairs of answers that must not differ")
