"""What can be deleted, and what the page says of what cannot."""

from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model
from django.test import Client

from organizations.admin.departments import DepartmentAdmin
from organizations.admin.organizations import OrganizationAdmin
from organizations.exceptions import SystemRoleImmutableError
from organizations.guards.transfer_targets import Targets
from organizations.models import (
    ConnectionTransfer,
    Department,
    Membership,
    Organization,
    Resource,
    Role,
)
from tests.directories import connect
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    RoleFactory,
)
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from tests.removals import remove
from tests.schedules import schedule
from users.models import User


def delete(browser: Client, row: Model) -> str:
    """Confirm the deletion of a row; return the page that it leads to."""
    return text_of(browser.post(page_of(row, "delete"), {"post": "yes"}, follow=True))


@pytest.fixture
def mistake(db: None) -> Organization:
    """An organization that somebody made by mistake."""
    organization = OrganizationFactory.create(name="Acme twice")
    DepartmentFactory.create(organization=organization)
    return organization


def test_an_organization_made_by_mistake_is_deleted_with_its_parts(
    browser: Client, mistake: Organization
) -> None:
    assert "deletelink" in text_of(browser.get(page_of(mistake)))
    assert "Are you sure you want to delete the organization" in text_of(
        browser.get(page_of(mistake, "delete"))
    )

    assert "was deleted successfully" in delete(browser, mistake)

    assert not Organization.objects.exists()
    assert not Role.objects.exists()
    assert not Department.objects.exists()


def test_whoever_may_delete_organizations_needs_no_permission_for_their_parts(
    mistake: Organization,
) -> None:
    client = browser_with("view_organization", "delete_organization")

    delete(client, mistake)

    assert not Organization.objects.exists()


def organization_with_a_former_member() -> Organization:
    member = MembershipFactory.create()
    remove(member)
    return member.organization


def department_of_a_member() -> Department:
    department = DepartmentFactory.create()
    MembershipFactory.create(organization=department.organization, departments=[department])
    return department


def owner_role() -> Role:
    return OrganizationFactory.create().roles.get(is_owner=True)


def role_of_a_member() -> Role:
    role = RoleFactory.create()
    MembershipFactory.create(organization=role.organization, roles=[role])
    return role


# The tests of the API have all that uses a department but those of types.
def department_of_a_type_on_record() -> Model:
    member, other = MembershipFactory.create_batch(2, organization=OrganizationFactory.create())
    ResourceFactory.create(organization=member.organization, owner=member.user)
    department = DepartmentFactory.create(organization=member.organization)
    remove(member, transfer_to=Targets(by_type={"resource": department.pk}))
    Resource.objects.update(owner=other.user, department=None)
    return department


def department_of_a_scheduled_type() -> Model:
    member = MembershipFactory.create()
    department = DepartmentFactory.create(organization=member.organization)
    schedule(member, transfer_to=Targets(by_type={"resource": department.pk}))
    return department


def department_of_a_connections_type() -> Model:
    department = DepartmentFactory.create()
    connection, _ = connect(department.organization)
    ConnectionTransfer.objects.create(
        connection=connection, moment="removal", type="resource", transferred_to=department
    )
    return department


def account_of_a_member() -> User:
    return MembershipFactory.create().user


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (organization_with_a_former_member, "It has members, or had some whose record stays."),
        (department_of_a_type_on_record, "It is in use by 1 removal."),
        (department_of_a_scheduled_type, "It is in use by 1 scheduled removal."),
        (department_of_a_connections_type, "It is in use by 1 connection."),
        (department_of_a_member, "It is in use by 1 member."),
        (owner_role, SystemRoleImmutableError.message),
        (role_of_a_member, "It is in use by 1 member."),
        (account_of_a_member, "The person is, or was, a member of an organization."),
    ],
)
def test_what_cannot_be_deleted_is_not_offered_for_it_and_the_page_says_why(
    browser: Client, make: Any, reason: str
) -> None:
    row = make()

    page = text_of(browser.get(page_of(row)))
    refused = delete(browser, row)

    assert f"It cannot be deleted. {reason}" in page
    assert "deletelink" not in page
    assert f"was not deleted. {reason}" in refused
    assert type(row)._default_manager.filter(pk=row.pk).exists()


def test_staff_who_may_not_delete_read_no_reason(reader: Client, owner: Membership) -> None:
    staff = User.objects.get(is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_organization"))

    assert "It cannot be deleted." not in text_of(reader.get(page_of(owner.organization)))


def test_an_obstacle_that_appears_during_a_deletion_is_reported(
    browser: Client, mistake: Organization
) -> None:
    def somebody_joins(*_: object) -> None:
        MembershipFactory.create(organization=mistake)

    with patch.object(OrganizationAdmin, "log_deletions", side_effect=somebody_joins):
        page = delete(browser, mistake)

    assert "Nothing was changed: there are memberships that refer to it." in page
    assert Organization.objects.filter(pk=mistake.pk).exists()


def test_a_refusal_of_the_database_is_reported(browser: Client, mistake: Organization) -> None:
    department = mistake.departments.get()

    def delete_after_a_resource_came(*_: object) -> None:
        ResourceFactory.create(organization=mistake, department=department)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM organizations_department WHERE id = %s", [department.pk])

    with patch.object(DepartmentAdmin, "delete_model", side_effect=delete_after_a_resource_came):
        page = delete(browser, department)

    assert "Nothing was changed: there are resources that refer to it." in page
