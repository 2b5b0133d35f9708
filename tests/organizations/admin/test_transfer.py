"""Passing selected resources to a department or a person, for staff."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from organizations.models import Event, Membership, Organization, Source
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory, UserFactory
from tests.organizations.admin.page import text_of
from tests.removals import remove
from users.models import User

ADMIN = "/admin/organizations/"


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

    answer: Any = browser.post(
        f"{ADMIN}resource/",
        {"action": "transfer", "_selected_action": [orphan.pk]},
    )
    result = browser.post(
        answer.url, {f"department_of_{ada.organization_id}": department.pk}, follow=True
    )

    orphan.refresh_from_db()
    assert (orphan.owner, orphan.department) == (None, department)
    assert f"1 passed to Archive of {ada.organization}." in text_of(result)
    event = Event.objects.get(type=Event.Type.RESOURCES_TRANSFERRED)
    assert (event.user, event.source) == (ada.user, Source.ADMIN)
    [entry] = LogEntry.objects.all()
    assert entry.object_id == orphan.pk
    assert f"Passed to {department.pk}, request {event.trace_id}." in entry.change_message


def test_a_transfer_needs_somebody_of_the_organization(browser: Client, ada: Membership) -> None:
    resource = ResourceFactory.create(organization=ada.organization, owner=ada.user)
    answer: Any = browser.post(
        f"{ADMIN}resource/",
        {"action": "transfer", "_selected_action": [resource.pk]},
    )

    for department in ("", DepartmentFactory.create().pk):
        browser.post(answer.url, {f"department_of_{ada.organization_id}": department})

    resource.refresh_from_db()
    assert resource.owner == ada.user


def test_a_resource_passes_to_a_person_for_a_reason(
    browser: Client, ada: Membership, owner: Membership
) -> None:
    resource = ResourceFactory.create(organization=ada.organization, owner=ada.user)
    answer: Any = browser.post(
        f"{ADMIN}resource/", {"action": "transfer", "_selected_action": [resource.pk]}
    )

    browser.post(answer.url, {f"person_of_{ada.organization_id}": owner.pk, "reason": "Handover"})

    resource.refresh_from_db()
    assert resource.owner == owner.user
    assert Event.objects.get().reason == "Handover"


def test_what_the_page_of_a_resource_passes_on_leaves_an_event(
    browser: Client, ada: Membership, owner: Membership, staff: User
) -> None:
    resource = ResourceFactory.create(organization=ada.organization, owner=ada.user)

    browser.post(
        f"{ADMIN}resource/{resource.pk}/change/", {"name": "Renamed", "owner": owner.user_id}
    )

    resource.refresh_from_db()
    assert (resource.name, resource.owner) == ("Renamed", owner.user)
    event = Event.objects.get()
    assert (event.type, event.user, event.actor) == ("resources.transferred", ada.user, staff)


def test_the_new_name_of_a_resource_leaves_no_event(browser: Client, ada: Membership) -> None:
    resource = ResourceFactory.create(organization=ada.organization, owner=ada.user)

    browser.post(
        f"{ADMIN}resource/{resource.pk}/change/", {"name": "Renamed", "owner": ada.user_id}
    )

    resource.refresh_from_db()
    assert (resource.name, resource.owner) == ("Renamed", ada.user)
    assert not Event.objects.exists()


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


def test_resources_of_too_many_organizations_are_refused_with_a_message(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizations.admin.selection.MOST_ORGANIZATIONS", 1)
    chosen = [
        resource.pk for resource in ResourceFactory.create_batch(2, owner=UserFactory.create())
    ]

    page = browser.post(
        f"{ADMIN}resource/",
        {"action": "transfer", "_selected_action": chosen},
        follow=True,
    )

    assert "They belong to more than 1 organizations." in text_of(page)
