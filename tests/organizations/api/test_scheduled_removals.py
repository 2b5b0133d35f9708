"""Removals on a date, as the design of events has them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from organizations.api.bodies import BY_TYPE, TO_DEPARTMENT, TO_USER
from organizations.models import Event, Membership, ScheduledRemoval
from organizations.schedule.due import carry_out_due
from tests.conftest import ClientOf
from tests.factories import DepartmentFactory, MembershipFactory
from tests.organizations.api.address import address_of
from tests.organizations.api.refusal import invalid_fields, refusal
from tests.removals import remove
from tests.schedules import due, schedule

NO_DATES: tuple[object, ...] = (*("2027-01-01T00:00:00", "2027-01-01", "Friday", "", 5, True), {})


def in_days(days: float) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


def ask(client: APIClient, member: Membership, **body: object) -> Any:
    body = {"confirm": True, "remove_at": in_days(1), **body}
    return client.post(f"{address_of(member)}/scheduled-removal", body)


def pending(client: APIClient, member: Membership) -> Any:
    return client.get(f"{address_of(member)}/scheduled-removal")


def cancel(client: APIClient, member: Membership) -> Any:
    return client.delete(f"{address_of(member)}/scheduled-removal")


def listed(client: APIClient, member: Membership, **query: str) -> list[Any]:
    address = f"/v1/organizations/{member.organization_id}/scheduled-removals"
    items: list[Any] = client.get(address, query).json()["items"]
    return items


def test_it_answers_what_was_scheduled_and_shows_it(
    as_owner: APIClient, owner: Membership, member: Membership
) -> None:
    department = DepartmentFactory.create(organization=member.organization)
    next_month = (timezone.now() + timedelta(days=30)).replace(hour=15, microsecond=0)

    response = ask(
        as_owner,
        member,
        remove_at=next_month.strftime("%Y-%m-%dT17:%M:%S+02:00"),
        reason="End of contract",
        **{TO_DEPARTMENT: department.pk, BY_TYPE: {"repository": owner.user_id}},
    )

    kept = ScheduledRemoval.objects.get()
    assert response.status_code == 201
    assert response.json() == pending(as_owner, member).json()
    assert response.json() == {
        "id": kept.pk,
        "user_id": member.user_id,
        "remove_at": next_month.strftime("%Y-%m-%dT15:%M:%SZ"),
        "requested_by": owner.user_id,
        "connection_id": None,
        "requested_at": kept.requested_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source": "api",
        TO_DEPARTMENT: department.pk,
        TO_USER: None,
        BY_TYPE: {"repository": owner.user_id},
        "reason": "End of contract",
        "status": "pending",
        "removal_id": None,
        "failure": None,
    }


@pytest.mark.parametrize(
    ("remove_at", "message"),
    [
        ("2020-01-01T00:00:00Z", "Must be in the future."),
        pytest.param(in_days(367), "Must be at most a year ahead.", id="in 367 days"),
        *(
            (odd, "Must be a time with its offset, such as 2026-12-31T17:00:00+01:00.")
            for odd in NO_DATES
        ),
        (None, "This field may not be null."),
        ("0001-01-01T00:00:00+23:59", "Must be in the future."),
        ("9999-12-31T23:59:59-23:59", "Must be at most a year ahead."),
    ],
)
def test_a_date_that_is_none_is_refused(
    as_owner: APIClient, member: Membership, remove_at: object, message: str
) -> None:
    response = ask(as_owner, member, remove_at=remove_at)

    assert refusal(response) == (422, "VALIDATION_ERROR")
    assert response.json()["error"]["details"] == {"remove_at": [message]}
    assert not ScheduledRemoval.objects.exists()


@pytest.mark.parametrize("body", [{}, {"confirm": False}])
def test_without_confirmation_nothing_is_scheduled(
    as_owner: APIClient, member: Membership, body: object
) -> None:
    response = as_owner.post(f"{address_of(member)}/scheduled-removal", body)

    assert refusal(response) == (422, "CONFIRMATION_REQUIRED")
    assert response.json()["error"]["details"] == {"user_id": member.user_id}


def test_what_is_wrong_besides_the_confirmation_is_told_first(
    as_owner: APIClient, member: Membership
) -> None:
    response = as_owner.post(f"{address_of(member)}/scheduled-removal", {"remove_on": "tomorrow"})

    assert invalid_fields(response) == {"remove_on", "remove_at"}


def test_two_times_of_a_night_when_clocks_go_back_are_an_hour_apart(
    as_owner: APIClient, member: Membership
) -> None:
    """By the offset alone: 02:30 comes twice in Berlin on the last Sunday of October."""
    year = timezone.now().year + (timezone.now().month > 10)
    sunday = max(day for day in range(25, 32) if datetime(year, 10, day, tzinfo=UTC).weekday() == 6)
    moments = []
    for offset in ("+02:00", "+01:00"):
        made = ask(as_owner, member, remove_at=f"{year}-10-{sunday}T02:30:00{offset}")
        moments.append(made.json()["remove_at"])
        cancel(as_owner, member)

    assert moments == [f"{year}-10-{sunday}T00:30:00Z", f"{year}-10-{sunday}T01:30:00Z"]


def test_a_second_one_is_refused_with_the_first(as_owner: APIClient, member: Membership) -> None:
    first = ask(as_owner, member).json()

    second = ask(as_owner, member)

    assert refusal(second) == (409, "REMOVAL_ALREADY_SCHEDULED")
    assert second.json()["error"]["details"] == {
        "user_id": member.user_id,
        "scheduled_removal_id": first["id"],
        "remove_at": first["remove_at"],
    }


def test_a_cancelled_one_is_gone_and_stays_on_record(
    as_owner: APIClient, member: Membership
) -> None:
    ask(as_owner, member)

    assert cancel(as_owner, member).status_code == 204

    assert refusal(pending(as_owner, member)) == (404, "SCHEDULED_REMOVAL_NOT_FOUND")
    assert refusal(cancel(as_owner, member)) == (404, "SCHEDULED_REMOVAL_NOT_FOUND")
    assert [item["status"] for item in listed(as_owner, member)] == ["cancelled"]


def test_a_cancellation_keeps_its_reason_and_takes_nothing_else(
    as_owner: APIClient, member: Membership
) -> None:
    address = f"{address_of(member)}/scheduled-removal"
    ask(as_owner, member)

    assert refusal(as_owner.delete(address, {"raeson": "They stay"})) == (422, "VALIDATION_ERROR")
    assert as_owner.delete(address, {"reason": "They stay"}).status_code == 204

    cancelled = Event.objects.get(type=Event.Type.REMOVAL_CANCELLED)
    assert cancelled.reason == "They stay"


def test_nobody_schedules_sees_or_cancels_their_own(owner: Membership, client_of: ClientOf) -> None:
    admin = MembershipFactory.create(organization=owner.organization, roles=["Admin"])
    schedule(admin)
    client = client_of(admin.user)

    unreadable = {"confirm": "no", "reason": 5}  # which is not looked at
    address = f"{address_of(admin)}/scheduled-removal"

    answers = [
        *(ask(client, admin), ask(client, admin, **unreadable), pending(client, admin)),
        *(cancel(client, admin), client.delete(address, unreadable)),
    ]

    assert {refusal(answer) for answer in answers} == {(403, "CANNOT_SCHEDULE_YOURSELF")}
    assert listed(client, admin) == []
    assert len(listed(client_of(owner.user), admin)) == 1


@pytest.mark.parametrize("kind", ["audit-log", "audit-log/export"])
def test_the_log_tells_everybody_but_whom_it_is_about(
    owner: Membership, client_of: ClientOf, kind: str
) -> None:
    admin = MembershipFactory.create(organization=owner.organization, roles=["Admin"])
    [outcome] = schedule(admin)
    assert outcome.schedule
    address = f"/v1/organizations/{owner.organization_id}/{kind}"

    def read(reader: Membership) -> str:
        response = client_of(reader.user).get(address)
        body = response.getvalue() if response.streaming else response.content
        return str(body)

    assert outcome.schedule.pk in read(owner)
    assert outcome.schedule.pk not in read(admin)


def test_each_status_is_a_list_of_its_own(as_owner: APIClient, owner: Membership) -> None:
    members = MembershipFactory.create_batch(4, organization=owner.organization)
    schedule(members[0])
    schedule(members[1])
    cancel(as_owner, members[1])
    due(members[2])
    due(owner)
    carry_out_due()
    schedule(members[3])
    remove(members[3])
    other = MembershipFactory.create(organization=owner.organization, roles=["Admin"])
    by_status = {
        "pending": members[0],
        "cancelled": members[1],
        "done": members[2],
        "superseded": members[3],
    }

    assert other
    for status, member in by_status.items():
        [item] = listed(as_owner, owner, status=status)
        assert (item["user_id"], item["status"]) == (member.user_id, status)
    assert listed(as_owner, owner, status="failed") == []  # the caller's own


def test_a_failed_one_says_why(as_owner: APIClient, owner: Membership, client_of: ClientOf) -> None:
    due(owner)
    carry_out_due()
    admin = MembershipFactory.create(organization=owner.organization, roles=["Admin"])

    [item] = listed(client_of(admin.user), owner)

    assert (item["status"], item["failure"]) == ("failed", "LAST_OWNER_CANNOT_BE_REMOVED")
