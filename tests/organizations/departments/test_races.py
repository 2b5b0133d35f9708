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


def making(organization: Organization, name: str) -> str:
    return outcome(partial(create_department, organization.pk, name=name, caller=CallerWith()))


def deleting(department: Department) -> str:
    ids = department.organization_id, department.pk
    return outcome(partial(delete_department, *ids, caller=CallerWith()))


def renaming(department: Department, name: str) -> str:
    ids = department.organization_id, department.pk
    return outcome(partial(change_department, *ids, name=name, caller=CallerWith()))


@pytest.fixture
def member(organization: Organization) -> Membership:
    return MembershipFactory.create(organization=organization)


@pytest.fixture
def department(organization: Organization) -> Department:
    return DepartmentFactory.create(organization=organization)


def test_who_joins_a_department_that_is_deleted_meanwhile_does_not_find_it(
    member: Membership, department: Department
) -> None:

    done = waiting_for(partial(deleting, department), partial(joining, member, department))

    assert done == ("done", "DEPARTMENT_NOT_FOUND")
    assert not DepartmentMembership.objects.exists()


def test_a_department_that_somebody_joins_meanwhile_stays(
    member: Membership, department: Department
) -> None:
    done = waiting_for(partial(joining, member, department), partial(deleting, department))

    assert done == ("done", "DEPARTMENT_IN_USE")
    assert DepartmentMembership.objects.filter(department=department).count() == 1


@pytest.mark.parametrize("turn", range(4))
def test_of_joining_and_deleting_at_once_one_is_done(organization: Organization, turn: int) -> None:
    members = MembershipFactory.create_batch(3, organization=organization)
    department = DepartmentFactory.create(organization=organization)

    *joined, deleted = all_at_once(
        *[partial(joining, member, department) for member in members], partial(deleting, department)
    )

    expected = (
        {"DEPARTMENT_NOT_FOUND"} if deleted == "done" else {"done"},
        {"done", "DEPARTMENT_NOT_FOUND"},
    )
    assert set(joined) in expected or deleted == "DEPARTMENT_IN_USE"
    assert Department.objects.exists() == (deleted == "DEPARTMENT_IN_USE")
    assert broken_invariants() == []


def test_of_equal_names_at_once_one_is_made(organization: Organization) -> None:
    names = ("Sales", "SALES", " sales", "Sales")

    done = all_at_once(*[partial(making, organization, name) for name in names])

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

    def grouping() -> str:
        return str(directory.send("POST", "/Groups", new_group("sales")).status)

    done = waiting_for(partial(making, organization, "Sales"), grouping)

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
        group = new_group(f"Group {turn}", manager)
        return str(directory.send("PUT", f"/Groups/{department.pk}", group).status)

    done = all_at_once(
        grouping,
        partial(renaming, department, f"Name {turn}"),
        partial(joining, manager, department),
    )

    assert done == ["200", "done", "done"]
    assert broken_invariants() == []
