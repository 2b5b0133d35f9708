"""Removing members in the admin, from the selection to the result."""

from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from organizations.models import Membership, Organization, Removal
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.admin.member_pages import (
    MEMBERSHIPS,
    confirm,
    confirmation,
    select,
)
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_of
from tests.removals import remove
from users.models import User


def test_the_confirmed_removal_moves_resources_and_is_on_record_with_its_reason(
    browser: Client, staff: User, organization: Organization, member: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization, name="Sales")
    resource = ResourceFactory.create(organization=organization, owner=member.user)
    form = {f"department_of_{organization.pk}": department.pk, "reason": "Contract ended"}

    page = confirm(browser, "removal", member, **form)

    record = Removal.objects.get()
    resource.refresh_from_db()
    assert resource.department == department
    assert (record.actor, record.source, record.reason) == (staff, "admin", "Contract ended")
    assert record.trace_id
    assert f"{organization}: 1 member removed, 1 resource passed to Sales." in page
    assert record.pk in page
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id) == (staff, str(member.pk))
    assert record.trace_id in entry.change_message


def test_each_organization_has_a_department_of_its_own_as_target(
    browser: Client,
) -> None:
    members = MembershipFactory.create_batch(2, roles=["Member"])
    form = {}
    for member in members:
        ResourceFactory.create(organization=member.organization, owner=member.user)
        department = DepartmentFactory.create(organization=member.organization)
        form[f"department_of_{member.organization_id}"] = department.pk

    confirm(browser, "removal", *members, **form)

    assert {r.transferred_to_id for r in Removal.objects.all()} == set(form.values())


@pytest.mark.parametrize("chosen", ["leaver", "stranger", "deactivated"])
def test_only_an_active_member_who_stays_takes_over(
    browser: Client, organization: Organization, member: Membership, chosen: str
) -> None:
    people = {
        "leaver": member,
        "stranger": MembershipFactory.create(),
        "deactivated": MembershipFactory.create(
            organization=organization, deactivated_at=timezone.now()
        ),
    }

    page = confirm(
        browser, "removal", member, **{f"person_of_{organization.pk}": people[chosen].pk}
    )

    assert "Choose an active member who stays." in page
    assert not Removal.objects.exists()


def test_a_department_of_another_organization_is_no_choice(
    browser: Client, organization: Organization, member: Membership
) -> None:
    foreign = DepartmentFactory.create()

    page = confirm(browser, "removal", member, **{f"department_of_{organization.pk}": foreign.pk})

    assert "Select a valid choice" in page
    assert not Removal.objects.exists()


def test_people_to_choose_are_the_active_members_of_the_organization(
    browser: Client, organization: Organization
) -> None:
    member = MembershipFactory.create(organization=organization, user__full_name="Ada Lovelace")
    MembershipFactory.create(user__full_name="Ada Elsewhere")
    MembershipFactory.create(
        organization=organization, user__full_name="Ada Asleep", deactivated_at=timezone.now()
    )

    found = browser.get(
        "/admin/autocomplete/",
        {
            "app_label": "organizations",
            "model_name": "removal",
            "field_name": "membership",
            "organization": organization.pk,
            "term": "ada",
        },
    ).json()

    assert [result["id"] for result in found["results"]] == [str(member.pk)]


def test_the_last_of_the_selected_owners_stays_and_the_result_says_why(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    second = MembershipFactory.create(organization=organization, roles=["Owner"])

    page = confirm(browser, "removal", owner, second)

    assert Removal.objects.count() == 1
    assert "Removed: 1" in page
    assert "Not removed: 1" in page
    assert "You cannot remove the last owner" in page


def test_a_confirmation_that_is_sent_twice_leads_to_the_result_of_the_first(
    browser: Client, member: Membership
) -> None:
    address = confirmation(browser, "removal", member)

    browser.post(address, {"reason": ""})
    second = text_of(browser.post(address, {"reason": ""}, follow=True))

    assert "Removed: 1" in second
    assert "Removed before" not in second


def test_the_result_is_of_its_own_act_whatever_id_the_request_chose(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    first, second = MembershipFactory.create_batch(2, organization=organization)
    address = confirmation(browser, "removal", first, second)
    remove(first, trace_id="chosen")
    assert "Removed already" in text_of(browser.get(address))

    page = text_of(
        browser.post(address, {"reason": ""}, headers={"X-Request-ID": "chosen"}, follow=True)
    )

    assert second.removal.trace_id == "chosen"
    assert "Removed: 1" in page
    assert "Removed before: 1" in page
    assert first.removal.pk in page


def test_the_removal_and_its_entry_in_the_log_are_one(browser: Client, member: Membership) -> None:
    address = confirmation(browser, "removal", member)

    with patch.object(LogEntry.objects, "log_actions", side_effect=OperationalError("away")):
        assert browser.post(address, {"reason": ""}).status_code == 503

    assert not Removal.objects.exists()


def test_who_came_back_meanwhile_is_not_removed_by_an_old_selection(
    browser: Client, organization: Organization, member: Membership
) -> None:
    address = confirmation(browser, "removal", member)
    remove(member)
    returned = MembershipFactory.create(organization=organization, user=member.user)

    browser.post(address, {"reason": ""}, follow=True)

    assert Membership.objects.current().filter(pk=returned.pk).exists()


def test_all_that_a_list_finds_can_be_selected_and_a_page_shows_the_first_of_them(
    browser: Client,
    organization: Organization,
    member: Membership,
    owner: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("member_actions", "member_removal"):
        monkeypatch.setattr(f"organizations.admin.{module}.SHOWN", 2)
    MembershipFactory.create_batch(2, organization=organization)
    others = MembershipFactory.create_batch(2)
    selected = {"action": "removal", "select_across": "1", "_selected_action": [str(owner.pk)]}

    address = browser.post(f"{MEMBERSHIPS}?organization={organization.pk}", selected)["Location"]
    page = text_of(browser.get(address))
    assert "Will be removed: 3 members" in page
    assert "Only the first 2 are shown." in page
    result = text_of(browser.post(address, {"reason": ""}, follow=True))

    assert "Removed: 3" in result
    assert "Only the first 2 are shown." in result
    assert Membership.objects.current().count() == 1 + len(others)


@pytest.mark.parametrize(("action", "most"), [("removal", 24), ("deactivation", 22)])
def test_the_confirmation_takes_as_many_statements_for_one_member_as_for_thirty(
    browser: Client,
    organization: Organization,
    member: Membership,
    action: str,
    most: int,
    django_assert_max_num_queries: Any,
) -> None:
    members = MembershipFactory.create_batch(30, organization=organization, roles=["Member"])
    one, thirty = (confirmation(browser, action, *chosen) for chosen in ([member], members))

    with django_assert_max_num_queries(most) as few:
        assert browser.get(one).status_code == 200
    with django_assert_max_num_queries(len(few)):
        assert browser.get(thirty).status_code == 200


def test_a_selection_of_another_session_leads_back_to_the_list(
    browser: Client, member: Membership, staff: User
) -> None:
    address = confirmation(browser, "removal", member)
    elsewhere = browser_of(staff)

    for method in (elsewhere.get, elsewhere.post):
        assert "That selection is gone." in text_of(method(address, follow=True))

    assert not Removal.objects.exists()


def test_a_members_page_leads_to_the_confirmation_and_later_to_the_record(
    browser: Client, member: Membership
) -> None:
    assert f'href="{MEMBERSHIPS}{member.pk}/removal/"' in text_of(browser.get(page_of(member)))

    confirm(browser, "removal", member)

    former = text_of(browser.get(page_of(member)))
    assert Removal.objects.get().pk in former
    assert "Remove from" not in former


def test_a_selection_of_too_many_organizations_is_refused_with_a_message(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizations.admin.selection.MOST_ORGANIZATIONS", 1)

    assert select(browser, "removal", MembershipFactory.create_batch(2)).url == MEMBERSHIPS

    assert "They belong to more than 1 organizations." in text_of(browser.get(MEMBERSHIPS))
