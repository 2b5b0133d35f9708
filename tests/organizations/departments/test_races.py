"""What happens at the same moment as a change of a department, on real connections."""

from functools import partial

import pytest

from organizations.departments.service import (
    change_department,
    create_department,
    delete_department,
)
from organizations.models import Department, DepartmentMembership, Membership, Organization
from tests.callers import CallerWith
from tests.concurrency import all_at_once, outcome, waiting_for
from tests.factories import DepartmentFactory, MembershipFactory
from tests.organizations.assignment.verbs import change
from tests.organizations.scim.caller import Directory, new_group
from tests.proof.invariants import broken_invariants

pytestmark = pytest.mark.django_db(transaction=True)


def joining(member: Membership, department: Department) -> str:
    return outcome(partial(change, member, departments=[department]))


def deleting(department: Department) -> str:
    return outcome(
        partial(delete_department, department.organization_id, department.pk, caller=CallerWith())
    )


def renaming(department: Department, name: str) -> str:
    return outcome(
        partial(
            change_department,
            department.organization_id,
            department.pk,
            name=name,
            caller=CallerWith(),
        )
    )


def test_who_joins_a_department_that_is_deleted_meanwhile_does_not_find_it(
    organization: Organization,
) -> None:
    member = MembershipFactory.create(organization=organization)
    department = DepartmentFactory.create(organization=organization)

    done = waiting_for(partial(deleting, department), partial(joining, member, department))

    assert done == ("done", "DEPARTMENT_NOT_FOUND")
    assert not DepartmentMembership.objects.exists()


def test_a_department_that_somebody_joins_meanwhile_stays(organization: Organization) -> None:
    member = MembershipFactory.create(organization=organization)
    department = DepartmentFactory.create(organization=organization)

    done = waiting_for(partial(joining, member, department), partial(deleting, department))

    assert done == ("done", "DEPARTMENT_IN_USE")
    assert DepartmentMembership.objects.filter(department=department).count() == 1


@pytest.mark.parametrize("turn", range(4))
def test_of_joining_and_deleting_at_once_one_is_done(organization: Organization, turn: int) -> None:
    members = MembershipFactory.create_batch(3, organization=organization)
    department = DepartmentFactory.create(organization=organization)

    *joined, deleted = all_at_once(
        *[partial(joining, member, department) for member in members],
        partial(deleting, department),
    )

    expected = (
        {"DEPARTMENT_NOT_FOUND"} if deleted == "done" else {"done"},
        {"done", "DEPARTMENT_NOT_FOUND"},
    )
    assert set(joined) in expected or deleted == "DEPARTMENT_IN_USE"
    assert Department.objects.exists() == (deleted == "DEPARTMENT_IN_USE")
    assert broken_invariants() == []


def test_of_equal_names_at_once_one_is_made(organization: Organization) -> None:
    def making(name: str) -> str:
        return outcome(partial(create_department, organization.pk, name=name, caller=CallerWith()))

    done = all_at_once(*[partial(making, name) for name in ("Sales", "SALES", " sales", "Sales")])

    assert sorted(done) == ["DEPARTMENT_NAME_TAKEN"] * 3 + ["done"]
    assert Department.objects.count() == 1


def test_of_two_that_take_a_name_at_once_one_gets_it(organization: Organization) -> None:
    departments = DepartmentFactory.create_batch(2, organization=organization)

    done = all_at_once(*[partial(renaming, each, "Sales") for each in departments])

    assert sorted(done) == ["DEPARTMENT_NAME_TAKEN", "done"]


def test_a_directory_and_somebody_else_make_one_department_of_a_name(
    organization: Organization,
) -> None:
    directory = Directory.of(organization)

    def making() -> str:
        answer = directory.send("POST", "/Groups", new_group("sales"))
        return str(answer.status)

    def creating() -> str:
        return outcome(
            partial(create_department, organization.pk, name="Sales", caller=CallerWith())
        )

    done = waiting_for(creating, making)

    assert done == ("done", "409")
    assert Department.objects.count() == 1


@pytest.mark.parametrize("turn", range(4))
def test_a_directory_that_changes_a_group_and_its_members_is_no_deadlock(
    organization: Organization, turn: int
) -> None:
    """Both lock the department first, then members: the caller is among them."""
    directory = Directory.of(organization)
    manager = MembershipFactory.create(organization=organization, roles=["Admin"])
    department = DepartmentFactory.create(organization=organization)

    def grouping() -> str:
        return str(
            directory.send(
                "PUT", f"/Groups/{department.pk}", new_group(f"Group {turn}", manager)
            ).status
        )

    done = all_at_once(
        grouping,
        partial(renaming, department, f"Name {turn}"),
        partial(joining, manager, department),
    )

    assert done == ["200", "done", "done"]
    assert broken_invariants() == []
