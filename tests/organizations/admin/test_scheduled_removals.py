"""Removals on a date in the admin: asked for, seen and cancelled."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from organizations.models import Event, Membership, ScheduledRemoval, Source
from organizations.schedule.due import carry_out_due
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)
from tests.organizations.admin.member_pages import confirm, confirmation
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from tests.removals import remove
from tests.schedules import due, schedule
from users.models import User

LIST = "/admin/organizations/scheduledremoval/"


def tomorrow() -> str:
    return (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


def pending(member: Membership) -> ScheduledRemoval:
    [outcome] = schedule(member)
    assert outcome.schedule
    return outcome.schedule


def test_with_a_date_the_removal_is_scheduled_and_nobody_removed(
    browser: Client, staff: User, member: Membership
) -> None:
    department = DepartmentFactory.create(organization=member.organization)

    page = confirm(
        browser,
        "removal",
        member,
        remove_at=tomorrow(),
        reason="End of contract",
        **{f"department_of_{member.organization_id}": department.pk},
    )

    asked = ScheduledRemoval.objects.get()
    assert f'Scheduled: 1. <a href="{LIST}?state=pending">' in page
    assert (asked.requested_by, asked.source) == (staff, "admin")
    assert (asked.reason, asked.transferred_to) == ("End of contract", department)
    assert Membership.objects.current().filter(pk=member.pk).exists()
    assert LogEntry.objects.get().object_id == asked.pk


def test_whom_the_page_says_cannot_go_is_not_scheduled(
    browser: Client, owner: Membership, member: Membership
) -> None:
    confirm(browser, "removal", owner, member, remove_at=tomorrow())

    assert ScheduledRemoval.objects.get().membership == member


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"on_date": "Yes", "remove_at": ""}, "Enter a date and a time, or remove them now."),
        ({"now": "Yes", "remove_at": tomorrow()}, "Empty it to remove them now, or schedule it."),
        ({"remove_at": "2020-01-01T00:00"}, "Must be in the future."),
        ({"remove_at": "Friday"}, "Enter a valid date/time."),
    ],
    ids=["no date", "now with a date", "in the past", "malformed"],
)
def test_a_wrong_date_or_button_is_reported_at_the_field(
    browser: Client, member: Membership, form: dict[str, str], problem: str
) -> None:
    assert problem in confirm(browser, "removal", member, **form)

    assert Membership.objects.current().filter(pk=member.pk).exists()
    assert not ScheduledRemoval.objects.exists()


def test_a_second_schedule_of_a_member_is_refused_with_a_message(
    browser: Client, member: Membership
) -> None:
    pending(member)

    answer = confirm(browser, "removal", member, remove_at=tomorrow())

    assert "was not scheduled." in answer
    assert "The removal of this user is scheduled already." in answer


def test_the_member_page_leads_to_what_is_pending(browser: Client, member: Membership) -> None:
    asked = pending(member)

    page = text_of(browser.get(page_of(member)))

    assert page_of(asked) in page


def test_cancelling_takes_what_is_pending_and_says_what_is_not(
    browser: Client, staff: User, owner: Membership, member: Membership
) -> None:
    other = MembershipFactory.create(organization=owner.organization)
    asked, done = pending(member), due(other)
    carry_out_due()

    page = browser.post(
        LIST, {"action": "cancel", "_selected_action": [asked.pk, done.pk]}, follow=True
    )

    asked.refresh_from_db()
    assert (asked.status, asked.cancelled_by) == ("cancelled", staff)
    assert "Cancelled: 1." in text_of(page)
    assert "Not pending any more, and not changed: 1." in text_of(page)


def test_a_pending_ones_page_has_a_button_that_cancels_it(
    browser: Client, member: Membership
) -> None:
    asked = pending(member)
    address = page_of(asked)
    page = text_of(browser.get(address))
    [cancel] = re.findall(r'action="([^"]+/act/cancel/)"', page)

    assert browser.post(cancel)["Location"] == address
    asked.refresh_from_db()
    assert asked.status == "cancelled"
    assert "Cancel this removal" not in text_of(browser.get(address))


def test_an_earlier_schedule_does_not_cancel_the_one_that_is_pending(
    browser: Client, member: Membership
) -> None:
    earlier = pending(member)
    browser.post(LIST, {"action": "cancel", "_selected_action": [earlier.pk]})
    later = pending(member)

    browser.post(LIST, {"action": "cancel", "_selected_action": [earlier.pk]})

    later.refresh_from_db()
    assert later.status == "pending"


def test_a_reader_of_scheduled_removals_cancels_none(member: Membership) -> None:
    client = browser_with("view_scheduledremoval")
    asked = pending(member)

    client.post(LIST, {"action": "cancel", "_selected_action": [asked.pk]})

    asked.refresh_from_db()
    assert asked.status == "pending"


def test_failed_ones_are_on_the_first_page_and_lead_to_the_list(
    browser: Client, owner: Membership
) -> None:
    due(owner)
    carry_out_due()

    first = text_of(browser.get("/admin/"))
    listed = text_of(browser.get(f"{LIST}?state=open"))

    assert f'{LIST}?state=open">Scheduled removals that failed: <strong>1</strong>' in first
    assert "Last owner cannot be removed" in listed


def test_every_state_is_a_list(browser: Client, member: Membership) -> None:
    asked = pending(member)
    states = (*dict(ScheduledRemoval.STATES), "open")

    pages = {state: text_of(browser.get(LIST, {"state": state})) for state in states}

    assert [state for state, page in pages.items() if asked.pk in page] == ["pending"]


def test_staff_find_nothing_of_their_own(browser: Client, staff: User, owner: Membership) -> None:
    own = MembershipFactory.create(organization=owner.organization, user=staff)
    asked = due(own)
    pages = [
        LIST,
        page_of(own),
        confirmation(browser, "removal", own),
        "/admin/organizations/event/",
        "/admin/",
    ]

    shown = [text_of(browser.get(page)) for page in pages]

    assert browser.get(page_of(asked)).status_code == 302  # as of an unknown one

    assert not [page for page in shown if asked.pk in page or "scheduled for" in page]
    assert "0 events" in shown[3]


def test_staff_find_no_delivery_about_their_own(
    browser: Client, staff: User, owner: Membership
) -> None:
    own = MembershipFactory.create(organization=owner.organization, user=staff)
    endpoint = WebhookEndpointFactory.create(organization=owner.organization)
    due(own)
    due(owner)
    for_staff, for_owner = (
        WebhookDeliveryFactory.create(
            endpoint=endpoint, event=Event.objects.get(user=user, type="removal.scheduled")
        )
        for user in (staff, owner.user)
    )
    deliveries = "/admin/organizations/webhookdelivery/"

    listed = text_of(browser.get(deliveries))

    assert (for_staff.pk in listed, for_owner.pk in listed) == (False, True)
    assert browser.get(f"{deliveries}{for_staff.pk}/change/").status_code == 302
    assert browser.get(f"{deliveries}{for_owner.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    ("codenames", "is_seen"),
    [((), False), (("view_scheduledremoval",), True), (("remove_membership",), True)],
    ids=["auditor", "who-lists-them", "who-removes"],
)
def test_what_is_pending_is_shown_to_staff_who_may_list_or_do_it(
    member: Membership, codenames: tuple[str, ...], is_seen: bool
) -> None:
    viewing = ("view_event", "view_membership", "view_webhookdelivery", "deactivate_membership")
    reader = browser_with(*viewing, *codenames)
    asked = pending(member)
    event = Event.objects.get(type="removal.scheduled")
    delivery = WebhookDeliveryFactory.create(
        endpoint__organization=member.organization, event=event
    )

    logged = text_of(reader.get("/admin/organizations/event/"))
    sent = text_of(reader.get(page_of(delivery)))

    of_member = f"/admin/organizations/membership/{member.pk}"
    page = text_of(reader.get(f"{of_member}/change/"))
    confirmation = text_of(reader.get(f"{of_member}/deactivation/", follow=True))
    assert ("Removal scheduled: for" in logged, asked.pk in sent) == (is_seen, is_seen)
    when = date_format(asked.remove_at, "DATETIME_FORMAT")
    assert (when in page, when in confirmation) == (is_seen, is_seen)
    assert "Yes, deactivate 1 member" in confirmation


def test_a_record_names_what_the_leaver_scheduled(owner: Membership, member: Membership) -> None:
    leaver = MembershipFactory.create(organization=owner.organization)
    [asked] = schedule(member, actor=leaver.user, source=Source.API)
    scheduled = asked.schedule
    assert scheduled
    [removed] = remove(leaver)
    page = f"/admin/organizations/removal/{removed.removal_id}/change/"
    viewing = ("view_removal", "view_membership")

    def is_named_to(*codenames: str) -> bool:
        text = text_of(browser_with(*viewing, *codenames).get(page))
        return page_of(scheduled) in text

    assert is_named_to("view_scheduledremoval")
    assert not is_named_to()


def test_staff_do_not_schedule_their_own(browser: Client, staff: User, owner: Membership) -> None:
    own = MembershipFactory.create(organization=owner.organization, user=staff)

    page = confirm(browser, "removal", own, remove_at=tomorrow())

    assert "Nobody schedules, sees or cancels their own removal." in page
    assert not ScheduledRemoval.objects.exists()
