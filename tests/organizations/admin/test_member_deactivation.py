"""Deactivating and reactivating members in the admin, from the selection to the message."""

from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError
from django.test import Client

from organizations.models import Event, Membership, Organization
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.admin.page import text_of
from tests.organizations.admin.staff import browser_with
from tests.organizations.admin.test_member_removal import CHANGELIST, select
from tests.schedules import schedule
from users.models import User


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    return MembershipFactory.create(organization=organization, roles=["Member"])


def deactivate(browser: Client, member: Membership, **form: str) -> str:
    """Confirm the deactivation from the member's page; return the page that it leads to."""
    return _confirm(browser, member, "deactivation", form)


def reactivate(browser: Client, member: Membership, **form: str) -> str:
    """Confirm the reactivation from the member's page; return the page that it leads to."""
    return _confirm(browser, member, "reactivation", form)


def _confirm(browser: Client, member: Membership, page: str, form: dict[str, str]) -> str:
    answer: Any = browser.get(f"{CHANGELIST}{member.pk}/{page}/")
    return text_of(browser.post(answer.url, {"reason": "", **form}, follow=True))


def test_the_confirmation_shows_who_is_suspended_and_who_cannot_be(
    browser: Client, member: Membership, owner: Membership
) -> None:
    ResourceFactory.create_batch(3, organization=member.organization, owner=member.user)

    page = text_of(browser.get(select(browser, [owner, member], action="deactivation").url))

    assert "Will be deactivated: 1 member" in page
    assert "Those who will be deactivated own 3 resources: resource 3." in page
    assert "Cannot be deactivated: 1 member" in page
    assert "You cannot deactivate the last owner of the organization." in page
    member.refresh_from_db()
    assert member.is_active


def test_the_confirmation_says_that_a_scheduled_removal_still_happens(
    browser: Client, member: Membership
) -> None:
    schedule(member)

    page = text_of(browser.get(select(browser, [member], action="deactivation").url))

    assert "and still happens then." in page


def test_a_confirmed_deactivation_leaves_its_event_with_actor_and_reason(
    browser: Client, staff: User, member: Membership
) -> None:
    page = deactivate(browser, member, reason="On leave")

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
    confirmation = select(browser, [owner, member], action="deactivation").url

    page = text_of(browser.post(confirmation, {"reason": ""}, follow=True))

    assert "1 member deactivated." in page
    assert "was not deactivated. You cannot deactivate the last owner" in page
    owner.refresh_from_db()
    assert owner.is_active


@pytest.mark.parametrize("to", ["department", "person"])
def test_resources_pass_to_a_department_or_to_a_person(
    browser: Client, member: Membership, owner: Membership, to: str
) -> None:
    resource = ResourceFactory.create(organization=member.organization, owner=member.user)
    department = DepartmentFactory.create(organization=member.organization)
    target = department.pk if to == "department" else str(owner.pk)

    deactivate(browser, member, **{f"{to}_of_{member.organization_id}": target})

    resource.refresh_from_db()
    expected = (None, department) if to == "department" else (owner.user, None)
    assert (resource.owner, resource.department) == expected


def test_who_is_deactivated_does_not_take_over(browser: Client, member: Membership) -> None:
    page = deactivate(browser, member, **{f"person_of_{member.organization_id}": str(member.pk)})

    assert "Choose an active member who stays." in page
    member.refresh_from_db()
    assert member.is_active


def test_a_department_and_a_person_at_once_are_refused(
    browser: Client, member: Membership, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=member.organization)
    organization_id = member.organization_id

    page = deactivate(
        browser,
        member,
        **{
            f"department_of_{organization_id}": department.pk,
            f"person_of_{organization_id}": str(owner.pk),
        },
    )

    assert "Choose either a department or a person." in page
    member.refresh_from_db()
    assert member.is_active


def test_a_reason_has_at_most_a_thousand_characters(browser: Client, member: Membership) -> None:
    assert "at most 1000 characters" in deactivate(browser, member, reason="x" * 1001)

    assert "1 member deactivated." in deactivate(browser, member, reason="x" * 1000)


def test_a_deactivated_member_is_reactivated(browser: Client, member: Membership) -> None:
    deactivate(browser, member)
    confirmation = select(browser, [member], action="reactivation").url
    assert "Will be reactivated: 1 member" in text_of(browser.get(confirmation))

    page = reactivate(browser, member, reason="Back")

    member.refresh_from_db()
    assert member.is_active
    assert Event.objects.get(type=Event.Type.MEMBER_REACTIVATED).reason == "Back"
    assert "1 member reactivated." in page


@pytest.mark.parametrize(
    ("action", "message"),
    [("deactivation", "None of them is active."), ("reactivation", "None of them is deactivated.")],
)
def test_whom_an_action_does_not_concern_is_not_selected_for_it(
    browser: Client, member: Membership, action: str, message: str
) -> None:
    if action == "deactivation":
        deactivate(browser, member)

    page = text_of(
        browser.post(
            CHANGELIST, {"action": action, "_selected_action": [str(member.pk)]}, follow=True
        )
    )

    assert message in page


def test_a_confirmation_that_is_sent_twice_says_that_the_state_changed(
    browser: Client, member: Membership
) -> None:
    confirmation = select(browser, [member], action="deactivation").url
    browser.post(confirmation, {"reason": ""})

    second = text_of(browser.post(confirmation, {"reason": ""}, follow=True))

    assert "None was deactivated: the state changed meanwhile." in second
    assert Event.objects.count() == 1


def test_many_who_could_not_be_deactivated_are_counted(
    browser: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizations.admin.action.NAMED", 1)
    owners = [MembershipFactory.create(roles=["Owner"]) for _ in range(3)]
    confirmation = select(browser, owners, action="deactivation").url

    page = text_of(browser.post(confirmation, {"reason": ""}, follow=True))

    assert page.count("was not deactivated.") == 1
    assert "2 more were not deactivated." in page


def test_a_deactivation_and_its_entry_in_the_log_are_one(
    browser: Client, member: Membership
) -> None:
    confirmation = select(browser, [member], action="deactivation").url

    with patch.object(LogEntry.objects, "log_actions", side_effect=OperationalError("away")):
        assert browser.post(confirmation, {"reason": ""}).status_code == 503

    member.refresh_from_db()
    assert member.is_active
    assert not Event.objects.exists()


def test_the_confirmation_takes_as_many_statements_for_one_member_as_for_thirty(
    browser: Client, member: Membership, django_assert_max_num_queries: Any
) -> None:
    members = MembershipFactory.create_batch(30, organization=member.organization, roles=["Member"])
    one, thirty = (
        select(browser, chosen, action="deactivation").url for chosen in ([member], members)
    )

    with django_assert_max_num_queries(22) as few:
        browser.get(one)
    with django_assert_max_num_queries(len(few)):
        browser.get(thirty)
    with django_assert_max_num_queries(30) as few:
        browser.post(one, {"reason": ""})
    with django_assert_max_num_queries(len(few)):
        browser.post(thirty, {"reason": ""})


def test_without_the_permission_nothing_is_offered_and_a_forged_request_is_refused(
    reader: Client, browser: Client, member: Membership
) -> None:
    confirmation = select(browser, [member], action="deactivation").url

    assert "Deactivate selected" not in text_of(reader.get(CHANGELIST))
    assert ">Deactivate<" not in text_of(reader.get(f"{CHANGELIST}{member.pk}/change/"))
    for address in (confirmation, f"{CHANGELIST}{member.pk}/deactivation/"):
        assert reader.get(address).status_code == 403
    reactivation = select(browser, [member], action="deactivation").url.replace("deact", "react")
    for address in (reactivation, f"{CHANGELIST}{member.pk}/reactivation/"):
        assert reader.get(address).status_code == 403


def test_the_permission_to_deactivate_is_enough_with_the_one_to_see_members(
    member: Membership,
) -> None:
    client = browser_with("view_membership", "deactivate_membership")

    page = text_of(client.get(f"{CHANGELIST}{member.pk}/change/"))
    assert "Remove from" not in page
    assert "1 member deactivated." in deactivate(client, member)
