"""The audit log, page by page in the order in which it is followed."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from organizations.api import audit_log_pagination
from organizations.audit_log import positions
from organizations.models import Event, EventPosition, Membership, Organization
from tests.conftest import ClientOf
from tests.factories import EventFactory, MembershipFactory
from tests.organizations.api.lists import address_in, ids, listed
from tests.organizations.api.refusal import refusal
from tests.organizations.audit_log.followers import follow, page, refused_page
from tests.refusals import refused, sql


def events(organization: Organization, number: int, **fields: Any) -> list[str]:
    """Log so many events; return their ids."""
    return [
        event.pk for event in EventFactory.create_batch(number, organization=organization, **fields)
    ]


def test_a_page_says_where_the_next_one_begins(
    client: APIClient, organization: Organization
) -> None:
    first, second, third = events(organization, 3)

    begin = page(client, organization, limit=2)
    assert [item["id"] for item in begin["items"]] == [first, second]
    assert (begin["has_more"], begin["total"], begin["skip"], begin["limit"]) == (True, None, 0, 2)

    end = page(client, organization, begin["next"], limit=2)
    assert ([item["id"] for item in end["items"]], end["has_more"]) == ([third], False)
    assert page(client, organization, limit=3)["has_more"] is False  # exactly full


def test_an_empty_page_has_the_cursor_that_it_was_asked_with(
    client: APIClient, organization: Organization
) -> None:
    nothing = page(client, organization)
    assert (nothing["items"], nothing["has_more"]) == ([], False)
    logged = events(organization, 1)

    found, cursor = follow(client, organization, nothing["next"])

    assert found == logged
    assert page(client, organization, cursor)["next"] == cursor


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_any_size_have_each_event_once(
    client: APIClient, organization: Organization, limit: int
) -> None:
    logged = events(organization, 7)
    events(MembershipFactory.create().organization, 2)  # another's

    assert follow(client, organization, limit=limit)[0] == logged


@pytest.mark.parametrize("older", ["evt_0", "evt_01J00000000000000000000000", "evt_01J"])
def test_an_event_with_an_older_id_comes_after_what_was_read(
    client: APIClient, organization: Organization, older: str
) -> None:
    logged = events(organization, 3)
    found, cursor = follow(client, organization)
    EventFactory.create(organization=organization, pk=older)

    assert found == logged
    assert follow(client, organization, cursor)[0] == [older]
    assert follow(client, organization)[0] == [*logged, older]
    assert ids(client, organization, "audit-log") == sorted([*logged, older], reverse=True)


def test_filters_combine_with_it_and_their_pages_advance(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    events(organization, 3)
    wanted = events(organization, 1, user=owner.user, type=Event.Type.MEMBER_UPDATED)
    events(organization, 3)

    for query in (
        {"user_id": owner.user_id},
        {"type": "member.updated"},
        {"type": ["member.updated", "member.added"], "from_date": "2025-01-01"},
    ):
        found, cursor = follow(client, organization, limit=1, **query)
        assert found == wanted
        assert follow(client, organization, cursor) == ([], cursor)  # all of the log is passed


def test_a_page_of_a_rare_filter_reads_on_no_further_than_its_bound(
    client: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log_pagination, "SEEN_AT_ONCE", 4)
    events(organization, 9)
    wanted = events(organization, 1, type=Event.Type.MEMBER_ADDED)

    pages = [page(client, organization, type="member.added")]
    while pages[-1]["has_more"]:
        pages.append(page(client, organization, pages[-1]["next"], type="member.added"))

    assert [[item["id"] for item in each["items"]] for each in pages] == [[], [], wanted]


def test_what_is_not_for_the_caller_is_passed_over(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    about_them = EventFactory.create(
        organization=organization, user=owner.user, type=Event.Type.REMOVAL_SCHEDULED
    )
    [later] = events(organization, 1)
    other = MembershipFactory.create(organization=organization, roles=["Owner"])

    assert follow(client_of(owner.user), organization, limit=1)[0] == [later]
    assert follow(client_of(other.user), organization, limit=1)[0] == [about_them.pk, later]


def test_one_look_gives_no_more_positions_than_its_bound(
    client: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "READ_AT_ONCE", 4)
    logged = events(organization, 10)

    begin = page(client, organization)

    assert EventPosition.objects.count() == len(begin["items"]) == 4
    assert begin["has_more"] is True
    assert follow(client, organization)[0] == logged


def test_of_a_long_log_a_belated_event_is_found_in_turn(
    client: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "SWEPT_AT_ONCE", 3)
    for number in range(8):
        EventFactory.create(organization=organization, pk=f"evt_0{number}")
    _, cursor = follow(client, organization)
    belated = EventFactory.create(organization=organization, pk="evt_05x")

    found = [follow(client, organization, cursor)[0] for _ in range(3)]

    assert [belated.pk] in found


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"order": "newest"}, ["order"]),
        ({"order": ""}, ["order"]),
        ({"order": "asc", "cursor": ""}, ["cursor"]),
        ({"order": "asc", "cursor": "1"}, ["cursor"]),
        ({"order": "asc", "cursor": "A" * 44}, ["cursor"]),
        ({"order": "asc", "cursor": "x" * 5000}, ["cursor"]),
        ({"order": "asc", "cursor": "evt_1"}, ["cursor"]),
        ({"order": "asc", "cursor": "\x00"}, ["cursor"]),
        ({"order": "asc", "cursor": ["MQ", "MQ"]}, ["cursor"]),
        ({"order": "asc", "skip": "1"}, ["skip"]),
        ({"order": "asc", "after": "evt_1"}, ["after"]),
        ({"order": "asc", "limit": "0"}, ["limit"]),
        ({"cursor": "MQ"}, ["cursor"]),
        ({"order": "desc", "cursor": "MQ"}, ["cursor"]),
    ],
    ids=str,
)
def test_what_is_malformed_or_does_not_go_together_is_refused(
    client: APIClient, organization: Organization, query: dict[str, Any], names: list[str]
) -> None:
    response: Any = client.get(address_in(organization, "audit-log"), query)

    assert refusal(response) == (422, "VALIDATION_ERROR")
    assert list(response.json()["error"]["details"]) == names


def test_a_cursor_that_was_changed_or_is_another_logs_is_refused(
    client: APIClient, organization: Organization, client_of: ClientOf
) -> None:
    events(organization, 2)
    _, cursor = follow(client, organization)
    changed = [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        for place in range(len(cursor))
    ]
    elsewhere = MembershipFactory.create(roles=["Owner"])

    for wrong in (*changed, f"{cursor}A", cursor[:-1], f"{cursor}=", f" {cursor}"):
        assert refused_page(client, organization, cursor=wrong) == (422, "VALIDATION_ERROR")
    other = client_of(elsewhere.user), elsewhere.organization
    assert refused_page(*other, cursor=cursor) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize("with_cursor", [{"skip": "1"}, {"after": "evt_1"}])
def test_a_cursor_does_not_go_with_other_ways_to_ask_for_a_page(
    client: APIClient, organization: Organization, with_cursor: dict[str, str]
) -> None:
    _, cursor = follow(client, organization)

    response: Any = client.get(
        address_in(organization, "audit-log"), {"order": "asc", "cursor": cursor, **with_cursor}
    )

    assert refusal(response) == (422, "VALIDATION_ERROR")
    assert list(response.json()["error"]["details"]) == list(with_cursor)


def test_the_newest_come_first_without_a_cursor_unless_asked(
    client: APIClient, organization: Organization
) -> None:
    logged = events(organization, 3)

    plain = listed(client, organization, "audit-log")

    assert [item["id"] for item in plain["items"]] == logged[::-1]
    assert "next" not in plain
    assert listed(client, organization, "audit-log", order="desc") == plain
    assert not EventPosition.objects.exists()


def test_any_number_of_events_takes_as_many_statements(
    client: APIClient, organization: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    events(organization, 3)
    # Token, capabilities, the cursor's place; savepoint, lock, look, release; page, the next place.
    for limit in (1, 2, 100):
        with django_assert_num_queries(9):
            page(client, organization, limit=limit)
    _, cursor = follow(client, organization)
    with django_assert_num_queries(7):  # at the end there is no page to read, and no place after it
        page(client, organization, cursor)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM organizations_eventposition",
        "UPDATE organizations_eventposition SET position = 7",
    ],
)
def test_a_position_is_never_changed_or_deleted(
    client: APIClient, organization: Organization, statement: str
) -> None:
    events(organization, 1)
    follow(client, organization)

    with refused("organizations_eventposition"):
        sql(statement)
