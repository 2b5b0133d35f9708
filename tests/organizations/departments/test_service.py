"""What a change of a department does, and what keeps a department from being deleted."""

import pytest
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from structlog.testing import capture_logs

from config.api.errors import InvalidFieldsError
from organizations.connections.service import disable
from organizations.departments.service import (
    change_department,
    create_department,
    delete_department,
    uses_of,
)
from organizations.exceptions import DepartmentInUseError
from organizations.models import ConnectionTransfer, Department, Organization
from organizations.scim.connections import set_departments
from organizations.uses import Uses
from tests.callers import CallerWith
from tests.directories import connect
from tests.factories import DepartmentFactory, MembershipFactory

CALLER = CallerWith()


@pytest.fixture
def department(organization: Organization) -> Department:
    return DepartmentFactory.create(organization=organization, name="Old")


def test_what_changes_nothing_leaves_no_line(
    department: Department, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        change_department(
            department.organization_id, department.pk, name=" Old ", external_id="", caller=CALLER
        )

    assert logs == []


def test_a_name_and_what_a_directory_calls_it_change_each_by_itself(department: Department) -> None:
    for change in ({"external_id": "a1"}, {"name": "New"}):
        change_department(department.organization_id, department.pk, **change, caller=CALLER)

    department.refresh_from_db()
    assert (department.name, department.external_id) == ("New", "a1")


def test_what_is_no_name_is_refused_in_words(organization: Organization) -> None:
    with pytest.raises(InvalidFieldsError) as refused:
        create_department(organization.pk, name="\u200b", caller=CALLER)

    assert refused.value.details == {"name": ["A name has visible characters."]}


def test_a_department_of_20_members_is_counted_in_as_many_statements_as_one_of_none(
    organization: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    department = DepartmentFactory.create(organization=organization)
    MembershipFactory.create_batch(20, organization=organization, departments=[department])

    with django_assert_num_queries(7):
        uses = uses_of(department)

    assert uses.counts["member"] == 20


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"member": 0}, ""),
        ({"member": 1, "removal": 0}, "It is in use by 1 member."),
        (
            {"member": None, "scheduled_removal": 1_234},
            "It is in use by more than 10,000 members and 1,234 scheduled removals.",
        ),
    ],
)
def test_what_uses_something_is_said_in_words(counts: dict[str, int | None], said: str) -> None:
    assert str(Uses(counts)) == said
    assert bool(Uses(counts)) == bool(said)


def test_a_department_that_a_directory_named_is_in_use_until_the_directory_is_revoked(
    department: Department,
) -> None:
    directory, _ = connect(
        department.organization, transfer_on_deactivate=department, transfer_on_removal=department
    )
    for moment in ConnectionTransfer.Moment:
        set_departments(directory, moment, {"repository": department.pk})
    with pytest.raises(DepartmentInUseError):
        delete_department(department.organization_id, department.pk, caller=CALLER)

    assert disable(directory)

    delete_department(department.organization_id, department.pk, caller=CALLER)
    assert not Department.objects.exists()
