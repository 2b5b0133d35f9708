"""Pages that were opened before somebody else changed what they show."""

from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils.formats import date_format

from organizations.models import Department, Membership, Organization, Resource
from organizations.transfer.service import transfer_selected
from tests.factories import DepartmentFactory, ResourceFactory
from tests.organizations.admin.member_pages import ADMIN, form_adding, form_of
from tests.organizations.admin.page import page_of, text_of
from tests.removals import remove


@pytest.fixture
def form(member: Membership) -> dict[str, str]:
    """The form of the member's page, which adds the Admin role."""
    return form_adding(member, member.organization.roles.get(name="Admin").pk)


def test_who_was_removed_meanwhile_is_given_nothing_and_staff_read_it(
    browser: Client, member: Membership, form: dict[str, str]
) -> None:
    remove(member)

    page = text_of(browser.post(page_of(member), form, follow=True))

    member.refresh_from_db()
    assert member.deleted_at
    when = date_format(member.deleted_at, "DATETIME_FORMAT")
    assert f"Nothing was saved: on {when} " in page
    assert f" was removed from {member.organization}." in page
    assert "successfully" not in page
    assert not member.role_assignments.exists()


def test_the_page_of_a_former_member_has_nothing_to_save(
    browser: Client, member: Membership
) -> None:
    remove(member)

    page = text_of(browser.get(page_of(member)))

    assert f"{member.user.name}, formerly in {member.organization}</h1>" in page
    assert 'name="_save"' not in page
    assert "Add another" not in page


def test_a_removal_while_the_page_is_saved_is_reported(
    browser: Client, member: Membership, form: dict[str, str]
) -> None:

    def remove_first(*_: object) -> None:
        member.role_assignments.all().delete()
        remove(member)

    with patch(
        "organizations.admin.memberships.MembershipAdmin.save_model", side_effect=remove_first
    ):
        page = text_of(browser.post(page_of(member), form, follow=True))

    assert "Nothing was changed: The user is not a member of this organization." in page
    assert "successfully" not in page


def test_a_role_that_was_deleted_meanwhile_is_reported(browser: Client, member: Membership) -> None:
    form = form_of(member, **{"role_assignments-0-DELETE": "on"})
    member.role_assignments.all().delete()

    page = text_of(browser.post(page_of(member), form, follow=True))

    assert "Somebody has taken some of these from the member meanwhile." in page
    assert "successfully" not in page


def test_a_role_that_was_added_meanwhile_is_not_added_twice(
    browser: Client, member: Membership, form: dict[str, str]
) -> None:
    browser.post(page_of(member), form)

    page = text_of(browser.post(page_of(member), form | {"role_assignments-1-id": ""}))

    assert "successfully" not in page
    assert member.role_assignments.filter(role__name="Admin").count() == 1


@pytest.mark.parametrize("model", ["department", "role", "resource"])
def test_what_was_deleted_meanwhile_is_not_saved(
    browser: Client, organization: Organization, model: str
) -> None:
    page = text_of(browser.post(f"{ADMIN}{model}/x_gone/change/", {"name": "New"}, follow=True))

    assert "Perhaps it was deleted?" in page


def test_a_department_that_is_deleted_while_resources_pass_to_it_is_named_as_the_reason(
    browser: Client, member: Membership
) -> None:
    resource = ResourceFactory.create(organization=member.organization, owner=member.user)
    department = DepartmentFactory.create(organization=member.organization)
    confirmation = browser.post(
        f"{ADMIN}resource/",
        {"action": "transfer", "_selected_action": [resource.pk]},
    )["Location"]

    def delete_first(*args: Any, **kwargs: Any) -> list[str]:
        Department.objects.all().delete()
        return transfer_selected(*args, **kwargs)

    with patch("organizations.admin.transfers.transfer_selected", delete_first):
        page = text_of(
            browser.post(
                confirmation,
                {f"department_of_{member.organization_id}": department.pk},
                follow=True,
            )
        )

    assert '<li class="error">Nothing was changed: The department was not found' in page
    assert Resource.objects.get().owner == member.user
