"""Resources in the admin: of which type, where the thing is, and who has it."""

import html
import re
from functools import partial

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from organizations.guards.caller import Operator
from organizations.guards.transfer_targets import Targets
from organizations.models import Event, Membership, Organization, Removal, Resource
from organizations.resources.deletion import delete
from tests.concurrency import result_after
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
)
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from tests.removals import remove

RESOURCES = "/admin/organizations/resource/"
MEMBERSHIPS = "/admin/organizations/membership/"


def test_the_list_narrows_to_one_type(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    for slug in ("repository", "document"):
        ResourceFactory.create(
            organization=organization, owner=owner.user, type=slug, name=f"A {slug}"
        )

    page = text_of(browser.get(RESOURCES, {"type": "document"}))

    assert "A document" in page
    assert "A repository" not in page
    assert "0 resources" in text_of(browser.get(RESOURCES, {"type": "unknown"}))


def test_a_resources_link_is_shown_and_sends_no_referrer(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    url = 'https://git.acme.example/?a="><script>'
    resource = ResourceFactory.create(
        organization=organization, owner=owner.user, external_id="acme/<b>", url=url
    )

    for address in (RESOURCES, page_of(resource)):
        page = text_of(browser.get(address))
        [shown] = re.findall(r'<a href="([^"]*)" rel="noreferrer">', page)
        assert html.unescape(shown) == url
    assert "acme/&lt;b&gt;" in page
    assert not re.search(r"javascript:", page)


def test_a_resources_page_offers_the_departments_of_its_organization(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    resource = ResourceFactory.create(organization=organization, owner=owner.user)
    elsewhere = DepartmentFactory.create()
    form = {"name": "Plan", "department": elsewhere.pk}

    shown = text_of(browser.get(page_of(resource)))
    refused = text_of(browser.post(page_of(resource), form))

    assert f'data-ajax--url="/admin/autocomplete/?organization={organization.pk}"' in shown
    assert "That choice is not one of the available choices" in refused
    assert Resource.objects.get().owner == owner.user


def test_a_name_without_visible_characters_is_refused(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    resource = ResourceFactory.create(organization=organization, owner=owner.user, name="Billing")
    said = {"name": "\u200b", "organization": organization.pk, "owner": owner.user_id}

    for address in (f"{RESOURCES}add/", page_of(resource)):
        assert "A name has visible characters." in text_of(browser.post(address, said))

    assert Resource.objects.get().name == "Billing"


def test_a_deletion_takes_its_permission_alone_and_leaves_an_event_like_that_of_the_api(
    organization: Organization, owner: Membership
) -> None:
    browser = browser_with("view_resource", "delete_resource")
    resource = ResourceFactory.create(organization=organization, owner=owner.user, type="document")

    browser.post(f"{RESOURCES}{resource.pk}/delete/", {"post": "yes"})

    assert not Resource.objects.exists()
    event = Event.objects.get()
    assert (event.type, event.user_id, event.source) == (
        "resources.deleted",
        owner.user_id,
        "admin",
    )
    assert event.data == {"resources": [{"type": "document", "count": 1}]}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_renamed", [True, False])
def test_a_resource_that_is_deleted_while_its_page_is_saved_is_reported(
    is_renamed: bool,
) -> None:
    organization = OrganizationFactory.create()
    department, heirs = DepartmentFactory.create_batch(2, organization=organization)
    resource = ResourceFactory.create(organization=organization, department=department)
    form = {
        "name": "New" if is_renamed else resource.entry.name,
        "department": department.pk if is_renamed else heirs.pk,
    }
    browser = browser_with("view_resource", "change_resource")

    page = result_after(
        partial(delete, organization.pk, resource.pk, caller=Operator()),
        partial(browser.post, page_of(resource), form),
    )

    assert page.status_code == 302
    assert "Nothing was changed: The resource was not found" in text_of(browser.get(RESOURCES))


@pytest.mark.django_db(transaction=True)
def test_a_resource_that_passes_on_while_it_is_deleted_is_deleted() -> None:
    leaver, heir = MembershipFactory.create_batch(2, organization=OrganizationFactory.create())
    resource = ResourceFactory.create(organization=leaver.organization, owner=leaver.user)
    browser = browser_with("view_resource", "delete_resource")

    page = result_after(
        partial(remove, leaver, transfer_to=heir.user_id),
        partial(browser.post, f"{RESOURCES}{resource.pk}/delete/", {"post": "yes"}),
    )

    assert page.status_code == 302
    assert not Resource.objects.exists()
    assert Event.objects.get(type="resources.deleted").user_id == heir.user_id
    assert LogEntry.objects.count() == 1


def test_what_a_removal_moved_is_deleted_too_and_its_record_stays(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    leaver = MembershipFactory.create(organization=organization)
    resource = ResourceFactory.create(organization=organization, owner=leaver.user)
    remove(leaver, transfer_to=owner.user_id)
    assert "deletelink" in text_of(browser.get(page_of(resource)))

    browser.post(f"{RESOURCES}{resource.pk}/delete/", {"post": "yes"})

    assert not Resource.objects.exists()
    assert Event.objects.get(type="resources.deleted").user_id == owner.user_id
    assert Removal.objects.get().resource_moves.get().resource_id == resource.pk


def test_the_page_of_a_member_says_how_many_of_each_type_they_own_with_a_link(
    browser: Client, reader: Client, organization: Organization, owner: Membership
) -> None:
    ResourceFactory.create_batch(2, organization=organization, owner=owner.user, type="repository")
    ResourceFactory.create(organization=organization, owner=owner.user, type="document")
    other = MembershipFactory.create(organization=organization)
    ResourceFactory.create(organization=organization, owner=other.user, type="repository")
    address = page_of(owner)

    page = text_of(browser.get(address))

    found = re.findall(r'<a href="([^"]*)">(document 1|repository 2)</a>', page)
    assert [text for _, text in found] == ["document 1", "repository 2"]
    assert "2 resources" in text_of(browser.get(html.unescape(found[1][0])))
    assert "repository 2" not in text_of(reader.get(address))


def test_a_record_says_what_stayed_with_who_left(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    leaver = MembershipFactory.create(organization=organization)
    for slug in ("document", "repository"):
        ResourceFactory.create(organization=organization, owner=leaver.user, type=slug)
    department = DepartmentFactory.create(organization=organization, name="Sales")
    remove(leaver, transfer_to=Targets(by_type={"document": department.pk}))
    record = Removal.objects.get()

    page = text_of(browser.get(page_of(record)))

    assert "document 1 to Sales; repository 1 (stayed theirs)" in page
