"""Who closes and reopens tasks, and what that writes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from config.api.errors import InvalidFieldsError
from organizations.departments.service import delete_department
from organizations.exceptions import DepartmentInUseError, InsufficientPermissionsError
from organizations.guards.caller import Caller, Operator
from organizations.handover.closing import State, TaskChange, change_task
from organizations.models import Department, Event, Membership, OffboardingTask, Organization
from tests.callers import CallerWith
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingTaskFactory,
    UserFactory,
)
from tests.organizations.handover.verbs import by, change
from tests.programs import connect_program
from tests.removals import remove
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(organization: Organization) -> OffboardingTask:
    """An open task that nobody has."""
    return OffboardingTaskFactory.create(organization=organization, key="payroll")


def events() -> list[tuple[str, dict[str, Any]]]:
    """Return type and data of the events about tasks, in their order."""
    about = Event.objects.filter(type__startswith="task.").order_by("pk")
    return list(about.values_list("type", "data"))


# What is written


def test_a_system_closes_its_task_and_says_how_much_it_passed_on(
    organization: Organization,
) -> None:
    system, _ = connect_program(organization)  # without any capability
    task = OffboardingTaskFactory.create(organization=organization, assigned_to_connection=system)

    assert change(task, State.DONE, count=12, note="All of it.", caller=by(system))

    assert (task.state, task.count, task.note) == ("done", 12, "All of it.")
    assert (task.closed_by, task.closed_by_connection) == (None, system)
    assert task.closed_at
    [event] = Event.objects.filter(type="task.closed")
    assert event.data == {
        "removal_id": task.removal_id,
        "task_id": task.pk,
        "key": task.key,
        "state": "done",
        "count": 12,
    }
    assert (event.connection, event.user) == (system, task.removal.membership.user)
    assert event.reason == ""


def test_the_same_again_writes_nothing(task: OffboardingTask) -> None:
    change(task, State.FAILED, note="Nobody answers.", count=0)
    closed_at = task.closed_at

    for again in ({}, {"note": "Nobody answers."}, {"note": "Nobody answers.", "count": 0}):
        assert not change(task, State.FAILED, **again)

    assert task.closed_at == closed_at
    assert len(events()) == 1


def test_note_and_count_belong_to_the_state_that_they_were_given_with(
    task: OffboardingTask,
) -> None:
    change(task, State.FAILED, note="Nobody answers.", count=3)
    change(task, State.FAILED, note="Still nobody.")
    assert (task.note, task.count) == ("Still nobody.", 3)

    change(task, State.DONE)

    assert (task.note, task.count) == ("", None)


def test_a_task_is_opened_again_and_nobody_has_closed_it(
    task: OffboardingTask, owner: Membership
) -> None:
    change(task, State.SKIPPED, caller=by(owner))

    assert change(task, State.OPEN, note="Not yet.")
    assert change(task, State.OPEN, note="Soon.")  # on one that is open: no event

    assert (task.state, task.note) == ("open", "Soon.")
    assert (task.closed_at, task.closed_by) == (None, None)
    ids = {"removal_id": task.removal_id, "task_id": task.pk, "key": "payroll"}
    assert events() == [
        ("task.closed", {**ids, "state": "skipped", "count": None}),
        ("task.reopened", ids),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        *(TaskChange(State.CANCELLED), TaskChange(State.DONE, note="x" * 1001)),
        *(TaskChange(State.DONE, count=count) for count in (-1, 2**31)),
    ],
    ids=["cancelled", "note", "negative", "too many"],
)
def test_what_no_task_can_become_is_refused(task: OffboardingTask, wrong: TaskChange) -> None:
    with pytest.raises(InvalidFieldsError):
        change_task(task.organization_id, task.pk, wrong, caller=CallerWith())

    task.refresh_from_db()
    assert (task.state, events()) == ("open", [])


# Who may, besides the callers of the API: tests/proof/test_task_permissions.py has those


def staff(*permissions: str) -> User:
    account = UserFactory.create(is_staff=True)
    account.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return account


def assign(task: OffboardingTask, **assignee: object) -> None:
    """Replace the task by one that is assigned, as a step had said before the removal."""
    task.pk = OffboardingTaskFactory.create(removal=task.removal, **assignee).pk


def one_of_the_department(task: OffboardingTask) -> Caller:
    department = DepartmentFactory.create(organization=task.organization)
    assign(task, assigned_to_department=department)
    return by(MembershipFactory.create(organization=task.organization, departments=[department]))


def one_of_another_department(task: OffboardingTask) -> Caller:
    one_of_the_department(task)
    other = DepartmentFactory.create(organization=task.organization)
    return by(MembershipFactory.create(organization=task.organization, departments=[other]))


def staff_assigned(task: OffboardingTask) -> Caller:
    person = MembershipFactory.create(organization=task.organization, user=staff())
    assign(task, assigned_to_user=person.user)
    return by(person.user)


def staff_assigned_who_left(task: OffboardingTask) -> Caller:
    caller = staff_assigned(task)
    remove(task.organization.memberships.get(user=caller.actor))
    return caller


def staff_who_may(task: OffboardingTask) -> Caller:
    return by(staff("change_offboardingtask"))


def staff_who_only_look(task: OffboardingTask) -> Caller:
    return by(staff("view_offboardingtask"))


@pytest.mark.parametrize("who", [one_of_the_department, staff_assigned, staff_who_may])
def test_it_is_closed_by_whoever_removes_users_or_has_it(
    task: OffboardingTask, who: Callable[[OffboardingTask], Caller]
) -> None:
    caller = who(task)

    assert change(task, caller=caller)
    assert not change(task, caller=caller)  # theirs, too, once it is closed


@pytest.mark.parametrize(
    "who", [one_of_another_department, staff_assigned_who_left, staff_who_only_look]
)
def test_nobody_else_closes_it(
    task: OffboardingTask, who: Callable[[OffboardingTask], Caller]
) -> None:
    caller = who(task)

    with pytest.raises(InsufficientPermissionsError):
        change(task, caller=caller)

    assert events() == []


# Departments


@pytest.fixture
def payroll(organization: Organization) -> Department:
    return DepartmentFactory.create(organization=organization, name="Payroll")


@pytest.fixture
def task_of_payroll(payroll: Department) -> OffboardingTask:
    return OffboardingTaskFactory.create(
        organization=payroll.organization, assigned_to_department=payroll
    )


def delete(department: Department) -> None:
    delete_department(department.organization_id, department.pk, caller=Operator())


def test_a_reopened_task_keeps_no_name_of_a_department_that_is_there(
    payroll: Department, task_of_payroll: OffboardingTask
) -> None:
    change(task_of_payroll)
    assert task_of_payroll.department_name == "Payroll"

    change(task_of_payroll, State.OPEN)

    assert task_of_payroll.assigned_to_department_id == payroll.pk
    assert task_of_payroll.department_name == ""


def test_an_open_task_keeps_its_department_and_a_closed_one_its_name_and_id(
    payroll: Department, task_of_payroll: OffboardingTask
) -> None:
    task = task_of_payroll
    with pytest.raises(DepartmentInUseError, match="in use by 1 open task"):
        delete(payroll)
    change(task)

    delete(payroll)

    task.refresh_from_db()
    assert (task.assigned_to_department_id, task.department_name) == (payroll.pk, "Payroll")
    change(task, State.FAILED)
    assert (task.assigned_to_department_id, task.department_name) == (payroll.pk, "Payroll")
    change(task, State.OPEN)
    assert task.assigned_to_department is None
    assert task.department_name == "Payroll"
