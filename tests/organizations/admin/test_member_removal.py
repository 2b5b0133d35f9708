"""Removing members in the admin, from the selection to the result."""

from collections.abc import Iterable
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from organizations.models import Membership, Organization, Removal
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
)
from tests.organizations.admin.page import text_of
from tests.organizations.admin.staff import browser_with
from tests.removals import remove
from users.models import User

CHANGELIST = "/admin/organizations/membership/"
ACTION = "removal"


def select(browser: Client, members: Iterable[Membership], **form: str) -> Any:
    chosen = {"action": ACTION, "_selected_action": [str(m.pk) for m in members], **form}
    return browser.post(CHANGELIST, chosen)


def test_the_confirmation_shows_what_goes_and_what_stands_in_the_way(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization, name="Sales")
    member = MembershipFactory.create(
        organization=organization, roles=["Admin", "Member"], departments=[department]
    )
    ResourceFactory.create_batch(3, organization=organization, owner=member.user)

    page = text_of(browser.get(select(browser, [owner, member]).url))

    row = f"{member.user.full_name} &lt;{member.user.email}&gt;</th> <td>Admin, Member</td>"
    assert f"{row} <td>Sales</td> <td>3</td>" in page
    assert "Cannot be removed: 1 member" in page
    assert "You cannot remove the last owner of the organization." in page
    assert "Yes, remove 1 member" in page
    assert not Removal.objects.exists()


def test_the_confirmed_removal_moves_resources_and_is_on_record_with_its_reason(
    browser: Client, staff: User, organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization, name="Sales")
    member = MembershipFactory.create(organization=organization, roles=["Member"])
    resource = ResourceFactory.create(organization=organization, owner=member.user)
    confirmation = select(browser, [member]).url

    result = browser.post(
        confirmation,
        {f"department_of_{organization.pk}": department.pk, "reason": "Contract ended"},
        follow=True,
    )

    record = Removal.objects.get()
    resource.refresh_from_db()
    assert resource.department == department
    assert (record.actor, record.source, record.reason) == (staff, "admin", "Contract ended")
    assert record.trace_id
    page = text_of(result)
    assert f"{organization}: 1 member removed, 1 resource passed to Sales." in page
    assert record.pk in page
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id) == (staff, str(member.pk))
    assert record.trace_id in entry.change_message


def test_members_of_several_organizations_go_each_to_a_department_of_theirs(
    browser: Client,
) -> None:
    members = MembershipFactory.create_batch(2, roles=["Member"])
    form = {}
    for member in members:
        ResourceFactory.create(organization=member.organization, owner=member.user)
        department = DepartmentFactory.create(organization=member.organization)
        form[f"department_of_{member.organization_id}"] = department.pk
    confirmation = select(browser, members).url

    browser.post(confirmation, form, follow=True)

    assert {r.transferred_to_id for r in Removal.objects.all()} == set(form.values())


def test_resources_pass_to_a_person_whom_the_result_and_the_record_name(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    resource = ResourceFactory.create(organization=organization, owner=member.user)
    confirmation = select(browser, [member]).url

    result = text_of(
        browser.post(
            confirmation, {f"person_of_{organization.pk}": owner.pk, "reason": ""}, follow=True
        )
    )

    resource.refresh_from_db()
    record = Removal.objects.get()
    assert (resource.owner, record.transferred_to_user) == (owner.user, owner.user)
    assert f"1 resource passed to {owner.user.email}." in result
    page = text_of(browser.get(f"/admin/organizations/removal/{record.pk}/change/"))
    assert owner.user.email in page


@pytest.mark.parametrize("chosen", ["leaver", "stranger", "deactivated"])
def test_only_an_active_member_who_stays_takes_over(
    browser: Client, organization: Organization, owner: Membership, chosen: str
) -> None:
    leaver = MembershipFactory.create(organization=organization)
    heirs = {
        "leaver": leaver,
        "stranger": MembershipFactory.create(),
        "deactivated": MembershipFactory.create(
            organization=organization, deactivated_at=timezone.now()
        ),
    }
    confirmation = select(browser, [leaver]).url

    page = browser.post(
        confirmation, {f"person_of_{organization.pk}": heirs[chosen].pk, "reason": ""}
    )

    assert "Choose an active member who stays." in text_of(page)
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


def test_the_reason_on_a_members_page_stands_beside_the_button_that_saves(
    browser: Client, owner: Membership
) -> None:
    page = text_of(browser.get(f"{CHANGELIST}{owner.pk}/change/"))

    assert page.index("role_assignments-TOTAL_FORMS") < page.index("Reason for this change")


def test_the_confirmation_is_titled_by_a_single_person(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    ada, max_ = (
        MembershipFactory.create(organization=organization, user__full_name=name)
        for name in ("Ada Lovelace", "Max Muster")
    )

    one, two = (text_of(browser.get(select(browser, them).url)) for them in ([ada], [ada, max_]))

    assert f"<h1>Remove Ada Lovelace from {organization}?</h1>" in one
    assert "<h1>Remove members from their organization?</h1>" in two


def test_a_department_of_another_organization_is_no_choice(
    browser: Client, owner: Membership, organization: Organization
) -> None:
    member = MembershipFactory.create(organization=organization)
    foreign = DepartmentFactory.create()
    confirmation = select(browser, [member]).url

    page = browser.post(confirmation, {f"department_of_{organization.pk}": foreign.pk})

    assert "Select a valid choice" in text_of(page)
    assert not Removal.objects.exists()


def test_the_last_of_the_selected_owners_stays_and_the_result_says_why(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    second = MembershipFactory.create(organization=organization, roles=["Owner"])
    confirmation = select(browser, [owner, second]).url

    page = text_of(browser.post(confirmation, {"reason": ""}, follow=True))

    assert Removal.objects.count() == 1
    assert "Removed: 1" in page
    assert "Not removed: 1" in page
    assert "You cannot remove the last owner" in page


def test_who_was_removed_meanwhile_has_an_outcome_too(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    member, gone = MembershipFactory.create_batch(2, organization=organization)
    confirmation = select(browser, [member, gone]).url
    remove(gone)
    assert "Removed already" in text_of(browser.get(confirmation))

    page = text_of(browser.post(confirmation, {"reason": ""}, follow=True))

    assert "Removed: 1" in page
    assert "Removed before" in page
    assert gone.removal.pk in page


def test_a_confirmation_that_is_sent_twice_leads_to_the_result_of_the_first(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization, roles=["Member"])
    confirmation = select(browser, [member]).url

    browser.post(confirmation, {"reason": ""})
    second = text_of(browser.post(confirmation, {"reason": ""}, follow=True))

    assert "Removed: 1" in second
    assert "Removed before" not in second


def test_the_result_is_of_its_own_act_whatever_id_the_request_chose(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    first, second = MembershipFactory.create_batch(2, organization=organization)
    confirmation = select(browser, [first, second]).url
    remove(first, trace_id="chosen")

    page = text_of(
        browser.post(confirmation, {"reason": ""}, headers={"X-Request-ID": "chosen"}, follow=True)
    )

    assert second.removal.trace_id == "chosen"
    assert "Removed: 1" in page
    assert "Removed before: 1" in page


def test_the_removal_and_its_entry_in_the_log_are_one(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    confirmation = select(browser, [member]).url

    with patch.object(LogEntry.objects, "log_actions", side_effect=OperationalError("away")):
        assert browser.post(confirmation, {"reason": ""}).status_code == 503

    assert not Removal.objects.exists()


def test_who_came_back_meanwhile_is_not_removed_by_an_old_selection(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    confirmation = select(browser, [member]).url
    remove(member)
    returned = MembershipFactory.create(organization=organization, user=member.user)

    browser.post(confirmation, {"reason": ""}, follow=True)

    assert Membership.objects.current().filter(pk=returned.pk).exists()


def test_all_that_a_list_finds_can_be_selected(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    MembershipFactory.create_batch(120, organization=organization, roles=["Member"])
    others = MembershipFactory.create_batch(2)
    found = f"{CHANGELIST}?organization={organization.pk}"
    selected = [str(owner.pk)]

    answer: Any = browser.post(
        found, {"action": ACTION, "select_across": "1", "_selected_action": selected}
    )
    confirmation = answer.url
    page = text_of(browser.get(confirmation))
    assert "Will be removed: 120 members" in page
    assert "Only the first 100 are shown." in page
    result = text_of(browser.post(confirmation, {"reason": ""}, follow=True))

    assert "Removed: 120" in result
    assert "Only the first 100 are shown." in result
    assert Membership.objects.current().count() == 1 + len(others)


def test_the_confirmation_takes_as_many_statements_for_one_member_as_for_thirty(
    browser: Client,
    organization: Organization,
    owner: Membership,
    django_assert_max_num_queries: Any,
) -> None:
    members = MembershipFactory.create_batch(30, organization=organization, roles=["Member"])
    one, thirty = (select(browser, chosen).url for chosen in (members[:1], members))

    with django_assert_max_num_queries(24) as few:
        assert browser.get(one).status_code == 200
    with django_assert_max_num_queries(len(few)):
        assert browser.get(thirty).status_code == 200


def test_without_the_permission_neither_action_nor_button_is_offered(
    reader: Client, owner: Membership
) -> None:
    assert ACTION not in text_of(reader.get(CHANGELIST))
    assert "Remove from" not in text_of(reader.get(f"{CHANGELIST}{owner.pk}/change/"))


def test_without_the_permission_a_forged_request_is_refused(
    reader: Client, browser: Client, organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    confirmation = select(browser, [member]).url

    select(reader, [member])
    answers = [
        reader.post(confirmation, {"reason": ""}).status_code,
        reader.get(f"{CHANGELIST}{member.pk}/removal/").status_code,
        reader.get(f"{confirmation}result/").status_code,
    ]

    assert answers == [403, 403, 403]
    assert not Removal.objects.exists()


def test_the_permission_to_remove_shows_nobody_whom_one_may_not_see(
    organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    client = browser_with("remove_membership")

    assert client.get(f"{CHANGELIST}{member.pk}/removal/").status_code == 403
    assert client.get(f"{CHANGELIST}{member.pk}/leftovers/").status_code == 403


def test_a_selection_of_another_session_leads_back_to_the_list(
    browser: Client, owner: Membership, staff: User
) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    confirmation = select(browser, [member]).url
    elsewhere = Client()
    elsewhere.force_login(staff)

    for method in (elsewhere.get, elsewhere.post):
        assert "That selection is gone." in text_of(method(confirmation, follow=True))

    assert not Removal.objects.exists()


def test_the_button_on_a_members_page_leads_to_the_same_confirmation(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization, roles=["Member"])
    page = text_of(browser.get(f"{CHANGELIST}{member.pk}/change/"))
    assert f'href="{CHANGELIST}{member.pk}/removal/"' in page

    answer: Any = browser.get(f"{CHANGELIST}{member.pk}/removal/")
    confirmation = answer.url
    assert "Yes, remove 1 member" in text_of(browser.get(confirmation))
    browser.post(confirmation, {"reason": ""})

    former = text_of(browser.get(f"{CHANGELIST}{member.pk}/change/"))
    assert Removal.objects.get().pk in former
    assert "Remove from" not in former


def test_a_selection_of_too_many_organizations_is_refused_with_a_message(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizations.admin.selection.MOST_ORGANIZATIONS", 1)
    members = [MembershipFactory.create() for _ in range(2)]

    page = browser.post(
        CHANGELIST, {"action": ACTION, "_selected_action": [m.pk for m in members]}, follow=True
    )

    assert "They belong to more than 1 organizations." in text_of(page)
