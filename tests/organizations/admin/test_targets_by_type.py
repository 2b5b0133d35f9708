"""In the admin, each type of what members own can pass to somebody else."""

import pytest
from django.test import Client

from organizations.guards.transfer_targets import Targets
from organizations.models import (
    Department,
    Membership,
    Organization,
    Removal,
    Resource,
    ScheduledRemoval,
)
from organizations.schedule.service import targets_of
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.admin.member_pages import confirm, preview
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.test_scheduled_removals import tomorrow


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    """Somebody who owns resources of two types."""
    member = MembershipFactory.create(organization=organization)
    for type_name in ("repository", "document", "repository"):
        ResourceFactory.create(organization=organization, owner=member.user, type=type_name)
    return member


@pytest.fixture
def department(organization: Organization) -> Department:
    return DepartmentFactory.create(organization=organization, name="Sales")


def owned_by(user_id: str) -> list[str]:
    return sorted(Resource.objects.filter(owner=user_id).values_list("type", flat=True))


def test_of_a_single_type_the_target_for_everything_is_enough(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    ResourceFactory.create(organization=organization, owner=member.user, type="repository")

    page = preview(browser, "removal", member)

    assert "own 1 resource: repository 1." in page
    assert "One target for each type" not in page


@pytest.mark.parametrize("action", ["removal", "deactivation"])
def test_a_type_passes_to_its_own_target(
    browser: Client,
    organization: Organization,
    owner: Membership,
    member: Membership,
    department: Department,
    action: str,
) -> None:
    form = {
        f"department_of_{organization.pk}": department.pk,
        f"person_of_{organization.pk}_for_repository": owner.pk,
    }

    page = confirm(browser, action, member, **form)

    assert owned_by(owner.user_id) == ["repository", "repository"]
    assert Resource.objects.get(department=department).type == "document"
    if action == "removal":
        assert f"document 1 to Sales, repository 2 to {owner.user.full_name}" in page
        assert f"2 resources passed to {owner.user.email}" in page
        record = Removal.objects.get()
        shown = text_of(browser.get(page_of(record)))
        assert f"document 1 to Sales; repository 2 to {owner.user.full_name}" in shown


def test_a_date_keeps_the_targets_of_types(
    browser: Client,
    organization: Organization,
    owner: Membership,
    member: Membership,
    department: Department,
) -> None:
    form = {
        f"department_of_{organization.pk}_for_document": department.pk,
        "remove_at": tomorrow(),
        "on_date": "on",
    }

    confirm(browser, "removal", member, **form)

    asked = ScheduledRemoval.objects.get()
    assert targets_of(asked) == Targets(by_type={"document": department.pk})
    page = text_of(browser.get(page_of(asked)))
    assert "document to Sales" in page


def test_what_is_left_passes_on_by_type(
    browser: Client,
    organization: Organization,
    owner: Membership,
    member: Membership,
    department: Department,
) -> None:
    deactivate(member)
    assert "One target for each type" in preview(browser, "leftovers", member)

    form = {f"department_of_{organization.pk}_for_document": department.pk}
    result = confirm(browser, "leftovers", member, **form)

    assert f"1 passed on in {organization}." in result
    assert owned_by(member.user_id) == ["repository", "repository"]


def test_a_type_has_a_department_or_a_person_and_the_page_stays_open_there(
    browser: Client,
    organization: Organization,
    owner: Membership,
    member: Membership,
    department: Department,
) -> None:
    form = {
        f"department_of_{organization.pk}_for_document": department.pk,
        f"person_of_{organization.pk}_for_document": owner.pk,
    }

    assert '<details class="targets-by-type">' in preview(browser, "removal", member)

    page = confirm(browser, "removal", member, **form)

    assert "Choose either a department or a person." in page
    assert '<details class="targets-by-type" open>' in page
    assert not Removal.objects.exists()
