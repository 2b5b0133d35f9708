"""Deactivating and reactivating members in the admin, from the selection to the message."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from organizations.models import Event, Membership
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory
from tests.organizations.admin.member_pages import (
    MEMBERSHIPS,
    confirm,
    confirmation,
    preview,
    select,
)
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from users.models import User


def test_a_confirmed_deactivation_leaves_its_event_with_actor_and_reason(
    browser: Client, staff: User, member: Membership
) -> None:
    page = confirm(browser, "deactivation", member, reason="On leave")

    member.refresh_from_db()
    assert not member.is_active
    assert member.role_assignments.exists()
    event = Event.objects.get(type=Event.Type.MEMBER_DEACTIVATED)
    assert (event.user, event.actor, event.source) == (member.user, staff, "admin")
    assert (event.reason, bool(event.trace_id)) == ("On leave", True)
    [entry] = LogEntry.objects.all()
    assert (entry.object_id, event.trace_id in entry.change_message) == (str(member.pk), True)
    assert "1 member deactivated." in page
    assert "Reactivate" in page


def test_of_a_selection_the_last_owner_stays_active_and_staff_read_why(
    browser: Client, member: Membership, owner: Membership
) -> None:
    page = confirm(browser, "deactivation", owner, member)

    assert "1 member deactivated." in page
    assert "was not deactivated. You cannot deactivate the last owner" in page
    owner.refresh_from_db()
    assert owner.is_active


def test_a_department_and_a_person_at_once_are_refused(
    browser: Client, member: Membership, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=member.organization)
    form = {
        f"department_of_{member.organization_id}": department.pk,
        f"person_of_{member.organization_id}": owner.pk,
    }

    page = confirm(browser, "deactivation", member, **form)

    assert "Choose either a department or a person." in page
    member.refresh_from_db()
    assert member.is_active


def test_a_reason_has_at_most_a_thousand_characters(browser: Client, member: Membership) -> None:
    page = confirm(browser, "deactivation", member, reason="x" * 1001)
    assert "at most 1000 characters" in page

    page = confirm(browser, "deactivation", member, reason="x" * 1000)
    assert "1 member deactivated." in page


def test_a_deactivated_member_is_reactivated(browser: Client, member: Membership) -> None:
    deactivate(member)
    assert "Will be reactivated: 1 member" in preview(browser, "reactivation", member)

    page = confirm(browser, "reactivation", member, reason="Back")

    member.refresh_from_db()
    assert member.is_active
    assert Event.objects.get(type=Event.Type.MEMBER_REACTIVATED).reason == "Back"
    assert "1 member reactivated." in page


@pytest.mark.parametrize(
    ("action", "message"),
    [("deactivation", "None of them is active."), ("reactivation", "None of them is deactivated.")],
)
def test_an_action_that_applies_to_nobody_selected_says_so(
    browser: Client, member: Membership, action: str, message: str
) -> None:
    if action == "deactivation":
        deactivate(member)

    assert select(browser, action, [member]).url == MEMBERSHIPS

    assert message in text_of(browser.get(MEMBERSHIPS))


def test_a_confirmation_that_is_sent_twice_says_that_the_state_changed(
    browser: Client, member: Membership
) -> None:
    address = confirmation(browser, "deactivation", member)
    browser.post(address, {"reason": ""})

    second = text_of(browser.post(address, {"reason": ""}, follow=True))

    assert "None was deactivated: the state changed meanwhile." in second
    assert Event.objects.count() == 1


def test_many_who_could_not_be_deactivated_are_counted(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizations.admin.action.NAMED", 1)
    owners = MembershipFactory.create_batch(3, roles=["Owner"])

    page = confirm(browser, "deactivation", *owners)

    assert page.count("was not deactivated.") == 1
    assert "2 more were not deactivated." in page


def test_the_deactivation_takes_as_many_statements_for_one_member_as_for_thirty(
    browser: Client, member: Membership, django_assert_max_num_queries: Any
) -> None:
    members = MembershipFactory.create_batch(30, organization=member.organization, roles=["Member"])
    one, thirty = (confirmation(browser, "deactivation", *chosen) for chosen in ([member], members))

    with django_assert_max_num_queries(30) as few:
        browser.post(one, {"reason": ""})
    with django_assert_max_num_queries(len(few)):
        browser.post(thirty, {"reason": ""})


def test_the_permission_to_deactivate_is_enough_with_the_one_to_see_members(
    member: Membership,
) -> None:
    browser = browser_with("view_membership", "deactivate_membership")

    assert "Remove from" not in text_of(browser.get(page_of(member)))
    assert "1 member deactivated." in confirm(browser, "deactivation", member)
