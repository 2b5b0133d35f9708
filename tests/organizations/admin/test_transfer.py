"""Passing selected resources to a department or a person, for staff."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from organizations.models import Event, Membership, Organization, Resource, Source
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.admin.page import page_of, text_of
from tests.removals import remove
from users.models import User

ADMIN = "/admin/organizations/"


def transfer(browser: Client, resource: Resource, **form: str) -> str:
    """Select a resource in the list and confirm the transfer; return what the next page says."""
    selected = {"action": "transfer", "_selected_action": [resource.pk]}
    address = browser.post(f"{ADMIN}resource/", selected)["Location"]
    return text_of(browser.post(address, form, follow=True))


@pytest.fixture
def ada(organization: Organization) -> Membership:
    return MembershipFactory.create(organization=organization, roles=["Member"])


def test_resources_whose_owner_has_left_pass_to_a_department_of_their_organization(
    browser: Client, ada: Membership, owner: Membership
) -> None:
    orphan = ResourceFactory.create(
        organization=ada.organization, owner=ada.user, name="Forgotten plan"
    )
    ResourceFactory.create(organization=ada.organization, owner=owner.user, name="Kept plan")
    department = DepartmentFactory.create(organization=ada.organization, name="Archive")
    remove(ada)
    orphans = browser.get(f"{ADMIN}resource/", {"owner_has_left": "yes"})
    assert "Forgotten plan" in text_of(orphans)
    assert "Kept plan" not in text_of(orphans)

    result = transfer(browser, orphan, **{f"department_of_{ada.organization_id}": department.pk})

    orphan.refresh_from_db()
    assert (orphan.owner, orphan.department) == (None, department)
    assert f"1 passed to Archive of {ada.organization}." in result
    event = Event.objects.get(type=Event.Type.RESOURCES_TRANSFERRED)
    assert (event.user, event.source) == (ada.user, Source.ADMIN)
    [entry] = LogEntry.objects.all()
    assert entry.object_id == orphan.pk
    assert f"Passed to {department.pk}, request {event.trace_id}." in entry.change_message


def test_a_transfer_needs_somebody_of_the_organization(browser: Client, ada: Membership) -> None:
    resource = ResourceFactory.create(organization=ada.organization, owner=ada.user)

    for department in ("", DepartmentFactory.create().pk):
        transfer(browser, resource, **{f"department_of_{ada.organization_id}": department})

    resource.refresh_from_db()
    assert resource.owner == ada.user


def test_a_resource_passes_to_a_person_for_a_reason(
    browser: Client, ada: Membership, owner: Membership
) -> None:
    resource = ResourceFactory.create(organization=ada.organization, owner=ada.user)
    form = {f"person_of_{ada.organization_id}": str(owner.pk), "reason": "Handover"}

    transfer(browser, resource, **form)

    resource.refresh_from_db()
    assert resource.owner == owner.user
    assert Event.objects.get().reason == "Handover"


@pytest.mark.parametrize("is_passed_on", [True, False], ids=["passed on", "renamed"])
def test_a_resources_page_renames_it_and_leaves_an_event_if_it_passes_on(
    browser: Client, ada: Membership, owner: Membership, staff: User, is_passed_on: bool
) -> None:
    resource = ResourceFactory.create(organization=ada.organization, owner=ada.user)
    target = owner.user if is_passed_on else ada.user

    browser.post(page_of(resource), {"name": "New", "owner": target.pk})

    resource.refresh_from_db()
    assert (resource.name, resource.owner) == ("New", target)
    events = list(Event.objects.values_list("type", "user", "actor"))
    expected = ("resources.transferred", ada.user_id, staff.pk)
    assert events == ([expected] if is_passed_on else [])


def test_what_the_target_has_already_is_said_to_be_there(
    browser: Client, organization: Organization
) -> None:
    archive = DepartmentFactory.create(organization=organization)
    resource = ResourceFactory.create(organization=organization, department=archive)

    page = transfer(browser, resource, **{f"department_of_{organization.pk}": archive.pk})

    assert "None was passed on: the target has them already, or they are deleted." in page


def test_departments_to_choose_are_those_of_the_organization(
    browser: Client, organization: Organization
) -> None:
    own = DepartmentFactory.create(organization=organization, name="Sales")
    DepartmentFactory.create(name="Sales")

    found = browser.get(
        "/admin/autocomplete/",
        {
            "app_label": "organizations",
            "model_name": "resource",
            "field_name": "department",
            "organization": organization.pk,
            "term": "sal",
        },
    ).json()

    assert [result["id"] for result in found["results"]] == [own.pk]
