"""Times in the zone that staff chose, which is named beside each; they are stored in UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from organizations.models import Event, Membership, ScheduledRemoval, Source
from tests.factories import MembershipFactory
from tests.organizations.admin.page import page_of, text_of
from tests.removals import remove
from users.models import User

EVENTS = "/admin/organizations/event/"
TOKYO = "Asia/Tokyo"


@pytest.fixture
def event(owner: Membership) -> Event:
    return Event.objects.create(
        type=Event.Type.MEMBER_UPDATED,
        organization=owner.organization,
        user=owner.user,
        source=Source.API,
        created_at=datetime(2025, 11, 29, 18, 30, tzinfo=UTC),
    )


def choose(browser: Client, zone: str) -> None:
    assert browser.post("/admin/time-zone/", {"time_zone": zone}).status_code == 302


def test_they_are_shown_in_utc_until_a_zone_is_chosen_and_then_in_that(
    browser: Client, event: Event
) -> None:
    page = page_of(event)
    assert "Nov. 29, 2025, 6:30 p.m. UTC" in text_of(browser.get(page))

    choose(browser, TOKYO)

    assert "Nov. 30, 2025, 3:30 a.m. JST" in text_of(browser.get(page))
    assert "Times in Asia/Tokyo" in text_of(browser.get("/admin/"))


def test_a_time_within_an_event_is_shown_in_the_zone(browser: Client, owner: Membership) -> None:
    event = Event.objects.create(
        type=Event.Type.TASK_OVERDUE,
        organization=owner.organization,
        user=owner.user,
        source=Source.SCHEDULE,
        data={"key": "laptop", "due_at": "2025-11-29T18:30:00Z"},
    )
    choose(browser, TOKYO)

    page = text_of(browser.get(page_of(event)))

    assert "key: laptop; due at: Nov. 30, 2025, 3:30 a.m. JST" in page
    assert "2025-11-29T18:30:00Z" not in page


def test_a_list_of_removals_begins_at_midnight_of_the_zone(
    browser: Client, owner: Membership
) -> None:
    leaver = MembershipFactory.create(organization=owner.organization)
    remove(leaver)
    choose(browser, "Pacific/Kiritimati")  # where a day begins fourteen hours early
    today = leaver.removal.created_at.astimezone(ZoneInfo("Pacific/Kiritimati")).date()

    page = text_of(browser.get("/admin/organizations/removal/", {"since": today.isoformat()}))

    assert leaver.user.email in page
    assert "Year-month-day, in Pacific/Kiritimati" in page


def test_a_date_is_taken_in_the_zone_and_stored_in_utc(browser: Client, owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    choose(browser, TOKYO)
    confirmation = browser.get(f"/admin/organizations/membership/{member.pk}/removal/")["Location"]
    assert "On a date (Asia/Tokyo)" in text_of(browser.get(confirmation))
    moment = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    typed = moment.astimezone(ZoneInfo(TOKYO)).strftime("%Y-%m-%dT%H:%M")

    browser.post(confirmation, {"remove_at": typed, "on_date": "yes"})

    assert ScheduledRemoval.objects.get().remove_at == moment


def test_an_unknown_zone_is_refused(browser: Client, staff: User) -> None:
    browser.post("/admin/time-zone/", {"time_zone": "Europe/Atlantis"})

    staff.refresh_from_db()
    assert staff.time_zone == ""
