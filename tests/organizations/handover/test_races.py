"""What happens at the same moment as a change of a task or a step, on real connections."""

from functools import partial

import pytest

from organizations.departments.service import delete_department
from organizations.guards.caller import Caller
from organizations.handover.closing import State
from organizations.handover.steps import MOST_STEPS, create_step
from organizations.models import Department, Event, Membership, OffboardingTask, Organization
from tests.callers import CallerWith
from tests.concurrency import all_at_once, outcome, waiting_for
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OffboardingTaskFactory,
)
from tests.organizations.handover.verbs import by, change
from tests.organizations.restoration.verbs import restore
from tests.programs import connect_program
from tests.proof.invariants import broken_invariants
from tests.removals import remove

pytestmark = pytest.mark.django_db(transaction=True)


def closing(task: OffboardingTask, state: State = State.DONE, caller: Caller | None = None) -> str:
    mine = OffboardingTask.objects.get(pk=task.pk)
    return outcome(partial(change, mine, state, caller=caller))


def restoring(task: OffboardingTask) -> str:
    [done] = restore(task.removal.membership)
    return done.refusal.code if done.refusal else "done"


def removing(member: Membership) -> str:
    [done] = remove(member)
    return done.refusal.code if done.refusal else "done"


def deleting(department: Department) -> str:
    return outcome(
        partial(delete_department, department.organization_id, department.pk, caller=CallerWith())
    )


@pytest.mark.parametrize("before", [State.OPEN, State.DONE])
def test_a_task_is_not_closed_once_its_removal_is_being_undone(
    organization: Organization, before: State
) -> None:
    task = OffboardingTaskFactory.create(organization=organization)
    change(task, before, note="before")

    done = waiting_for(partial(restoring, task), partial(closing, task, State.FAILED))

    assert done == ("done", "TASK_CANCELLED")
    task.refresh_from_db()
    assert task.state == ("cancelled" if before == State.OPEN else before)
    assert broken_invariants() == []


def test_a_task_that_is_being_closed_is_not_cancelled(organization: Organization) -> None:
    task = OffboardingTaskFactory.create(organization=organization)

    done = waiting_for(partial(closing, task), partial(restoring, task))

    assert done == ("done", "done")
    task.refresh_from_db()
    assert task.state == "done"
    assert broken_invariants() == []


def test_of_two_at_once_the_last_one_stands_and_both_are_in_the_log(
    organization: Organization,
) -> None:
    task = OffboardingTaskFactory.create(organization=organization)

    done = waiting_for(partial(closing, task, State.FAILED), partial(closing, task, State.DONE))

    assert done == ("done", "done")
    task.refresh_from_db()
    states = Event.objects.filter(type="task.closed").values_list("data__state", flat=True)
    assert (task.state, sorted(states)) == ("done", ["done", "failed"])


@pytest.mark.parametrize(
    ("is_staff", "refusal"),
    [(False, "ORGANIZATION_ACCESS_DENIED"), (True, "INSUFFICIENT_PERMISSIONS")],
    ids=["member", "staff"],
)
def test_who_leaves_while_their_request_waits_closes_nothing(
    organization: Organization, is_staff: bool, refusal: str
) -> None:
    person = MembershipFactory.create(organization=organization, user__is_staff=is_staff)
    task = OffboardingTaskFactory.create(organization=organization, assigned_to_user=person.user)
    caller = by(person.user if is_staff else person)

    done = waiting_for(partial(removing, person), partial(closing, task, State.DONE, caller))

    assert done == ("done", refusal)
    task.refresh_from_db()
    assert task.state == "open"


def test_a_system_that_is_revoked_while_its_request_waits_closes_nothing(
    organization: Organization,
) -> None:
    system, _ = connect_program(organization)
    task = OffboardingTaskFactory.create(organization=organization, assigned_to_connection=system)

    def revoking() -> str:
        type(system).objects.filter(pk=system.pk).update(disabled_at=system.created_at)
        return "done"

    done = waiting_for(revoking, partial(closing, task, State.DONE, by(system)))

    assert done == ("done", "ORGANIZATION_ACCESS_DENIED")


def test_a_department_that_a_removal_gives_a_task_meanwhile_stays(
    organization: Organization,
) -> None:
    department = DepartmentFactory.create(organization=organization)
    step = OffboardingStepFactory.create(
        organization=organization, assigned_to_department=department
    )
    member = MembershipFactory.create(organization=organization)

    def removing_and_forgetting() -> str:
        done = removing(member)
        step.delete()
        return done

    done = waiting_for(removing_and_forgetting, partial(deleting, department))

    assert done == ("done", "DEPARTMENT_IN_USE")
    assert OffboardingTask.objects.get().assigned_to_department == department


def test_a_task_reopened_for_a_department_that_is_deleted_meanwhile_falls_to_nobody(
    organization: Organization,
) -> None:
    department = DepartmentFactory.create(organization=organization)
    task = OffboardingTaskFactory.create(
        organization=organization, assigned_to_department=department
    )
    change(task)

    done = waiting_for(partial(deleting, department), partial(closing, task, State.OPEN))

    assert done == ("done", "done")
    task.refresh_from_db()
    assert task.state == "open"
    assert task.assigned_to_department is None


def test_of_steps_made_at_once_none_is_one_too_many(organization: Organization) -> None:
    OffboardingStepFactory.create_batch(MOST_STEPS - 2, organization=organization)

    def making(key: str) -> str:
        return outcome(partial(create_step, organization.pk, key, title=key, caller=CallerWith()))

    done = all_at_once(*[partial(making, key) for key in ("a", "b", "c", "a")])

    assert sorted(done).count("done") == 2
    assert set(done) <= {"done", "STEP_ALREADY_EXISTS", "TOO_MANY_STEPS"}
    assert organization.offboarding_steps.enabled().count() == MOST_STEPS


@pytest.mark.parametrize("turn", range(3))
def test_closing_restoring_and_removing_at_once_is_no_deadlock(
    organization: Organization, turn: int
) -> None:
    MembershipFactory.create(organization=organization, roles=["Owner"])
    department = DepartmentFactory.create(organization=organization)
    OffboardingStepFactory.create_batch(
        2, organization=organization, assigned_to_department=department
    )
    person = MembershipFactory.create(organization=organization, departments=[department])
    removing(MembershipFactory.create(organization=organization))
    one, other = OffboardingTask.objects.order_by("pk")

    *closed, undone, removed = all_at_once(
        partial(closing, one, State.DONE, by(person)),
        partial(closing, other, State.FAILED, by(person)),
        partial(closing, one, State.OPEN),
        partial(restoring, one),
        partial(removing, person),
    )

    assert (undone, removed) == ("done", "done")
    assert set(closed) <= {"done", "TASK_CANCELLED", "ORGANIZATION_ACCESS_DENIED"}
    assert broken_invariants() == []
