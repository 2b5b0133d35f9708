"""What commits late, and readers at the same moment, on real connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo
from rest_framework.test import APIClient

from config.identifiers import generate_id
from organizations.audit_log import positions
from organizations.audit_log.positions import give_positions
from organizations.models import EventPosition, Membership, Organization
from tests.concurrency import (
    all_at_once,
    in_background,
    result_after,
    until_somebody_waits_for_a_lock,
)
from tests.conftest import ClientOf
from tests.factories import EventFactory, MembershipFactory
from tests.organizations.api.lists import listed
from tests.organizations.audit_log.followers import follow, page, refused_page
from tests.removals import remove

pytestmark = pytest.mark.django_db(transaction=True)

LOG = """
    INSERT INTO organizations_event
        (id, type, organization_id, source, reason, data, trace_id, created_at)
    VALUES (%s, 'member.removed', %s, 'api', '', '{}', '', now())
"""


@contextmanager
def another_connection(database: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """Connect to this or another database of the server; an open transaction is rolled back."""
    parameters = connection.get_connection_params()
    known = parameters | {"dbname": database or parameters["dbname"]}
    names = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(
        make_conninfo(**{name: known[name] for name in names if known.get(name)})
    ) as other:
        yield other
        other.rollback()


def test_an_event_that_commits_late_comes_after_what_was_read(
    client: APIClient, organization: Organization
) -> None:
    with another_connection() as late:
        late.execute(LOG, ["evt_0_late", organization.pk])
        early = EventFactory.create(organization=organization)
        found, cursor = follow(client, organization)
        assert found == [early.pk]

        late.commit()

    assert follow(client, organization, cursor)[0] == ["evt_0_late"]
    assert follow(client, organization)[0] == [early.pk, "evt_0_late"]


def test_a_transaction_that_was_open_for_long_is_found_at_once(
    client: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "CLOCKS", timedelta())  # so that none of it is by margin
    monkeypatch.setattr(positions, "SWEPT_AT_ONCE", 2)  # nor by the sweep
    with another_connection() as late:
        late.execute("SELECT pg_current_xact_id()")
        late.execute(LOG, [generate_id("evt"), organization.pk])
        found, cursor = [], None
        for _ in range(3):
            EventFactory.create_batch(4, organization=organization)
            more, cursor = follow(client, organization, cursor)
            found += more
        assert len(found) == 12

        late.commit()

    assert len(follow(client, organization, cursor)[0]) == 1


def test_a_removal_that_commits_late_is_followed(
    client: APIClient, organization: Organization
) -> None:
    leaver, other = MembershipFactory.create_batch(2, organization=organization)
    held = MembershipFactory.create(organization=organization)
    with another_connection() as holder:
        holder.execute("SELECT FROM organizations_membership WHERE id = %s FOR UPDATE", [held.pk])
        with in_background(partial(remove, leaver, held)) as late:
            until_somebody_waits_for_a_lock()
            remove(other)
            found, cursor = follow(client, organization)
            holder.rollback()
            outcomes = late.result()

    assert len(found) == 1
    followed = [item["data"]["removal_id"] for item in page(client, organization, cursor)["items"]]
    assert sorted(followed) == sorted(str(outcome.removal_id) for outcome in outcomes)


def test_no_open_transaction_of_another_database_holds_the_end_back(
    client: APIClient, organization: Organization
) -> None:
    with another_connection("postgres") as elsewhere, another_connection() as here:
        for other in (elsewhere, here):
            other.execute("SELECT pg_current_xact_id()")
        event = EventFactory.create(organization=organization)

        found, cursor = follow(client, organization)

        assert found == [event.pk]
        assert page(client, organization, cursor)["has_more"] is False


def test_readers_at_once_see_each_event_once_and_in_one_order(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    readers, writers, number = 5, 3, 8
    clients = [client_of(owner.user) for _ in range(readers)]

    def write() -> list[str]:
        return [EventFactory.create(organization=organization).pk for _ in range(number)]

    def read(client: APIClient) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        while len(found) < writers * number:
            more, cursor = follow(client, organization, cursor, limit=3)
            found += more
        return found

    results = all_at_once(*[write] * writers, *[partial(read, client) for client in clients])

    written = sorted(event for events in results[:writers] for event in events)
    assert sorted(results[writers]) == written
    assert results[writers:] == results[writers : writers + 1] * readers
    given = EventPosition.objects.order_by("position").values_list("position", flat=True)
    assert list(given) == list(range(1, len(written) + 1))


def test_a_reader_waits_for_the_one_who_gives_positions(
    client: APIClient, organization: Organization
) -> None:
    events = [event.pk for event in EventFactory.create_batch(2, organization=organization)]

    found, _ = result_after(
        partial(give_positions, organization.pk), partial(follow, client, organization)
    )

    assert found == events
    assert EventPosition.objects.count() == 2


def test_positions_that_a_failed_reader_gave_are_given_again(
    client: APIClient, organization: Organization
) -> None:
    events = [event.pk for event in EventFactory.create_batch(3, organization=organization)]
    with transaction.atomic():
        assert give_positions(organization.pk).position == 3
        transaction.set_rollback(True)

    assert follow(client, organization)[0] == events
    assert sorted(EventPosition.objects.values_list("position", flat=True)) == [1, 2, 3]


def test_where_nothing_can_be_written_it_is_unavailable(
    client: APIClient, organization: Organization
) -> None:
    EventFactory.create(organization=organization)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        assert refused_page(client, organization) == (503, "SERVICE_UNAVAILABLE")
        assert len(listed(client, organization, "audit-log")["items"]) == 1
    finally:
        connection.close()
