"""What a page of the followed log reads does not grow with the log."""

import pytest
from django.db import connection
from rest_framework.test import APIClient

from organizations.audit_log import positions
from organizations.audit_log.cursor import place_of
from organizations.models import Organization
from tests.factories import EventFactory, OrganizationFactory
from tests.organizations.audit_log.followers import page
from tests.sequential_scans import analyze, rows_read

TABLES = ("organizations_event", "organizations_eventposition")

# Events of some days ago; without triggers, for which this would be no way in.
OLD_EVENTS = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO organizations_event
        (id, type, organization_id, source, reason, data, trace_id, created_at)
    SELECT 'evt_01JFQ8' || lpad((%(first)s + i)::text, 20, '0'), 'member.removed', %(organization)s,
        'api', '', '{}', '', now() - interval '3 days'
    FROM generate_series(1, %(number)s) AS i;
    SET LOCAL session_replication_role = origin;
"""


def log(organization: Organization, number: int, *, first: int = 0) -> None:
    """Log so many events, with ids of some time ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            OLD_EVENTS, {"organization": organization.pk, "number": number, "first": first}
        )


def read_for_a_page(client: APIClient, organization: Organization, cursor: str) -> int:
    """Return how many rows are read for a page at the end with one event."""
    EventFactory.create(organization=organization)
    before = rows_read(*TABLES)
    assert len(page(client, organization, cursor)["items"]) == 1
    return rows_read(*TABLES) - before


def end_of(organization: Organization) -> str:
    """Give all events of a log their positions; return the cursor at its end."""
    while (end := positions.give_positions(organization.pk)).may_be_later:
        pass
    return place_of(organization.pk, end.position).cursor.text_for(organization.pk)


@pytest.mark.parametrize("are_counted", [True, False])
def test_at_the_end_a_page_of_ten_times_the_log_reads_as_many_rows(
    client: APIClient,
    organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
    are_counted: bool,
) -> None:
    monkeypatch.setattr(positions, "SWEPT_AT_ONCE", 100)
    read = []
    for number, first in ((2_000, 0), (18_000, 2_000)):
        log(organization, number, first=first)
        log(OrganizationFactory.create(), number, first=100_000 + first)
        analyze("organizations_event")
        cursor = end_of(organization)
        if are_counted:
            analyze("organizations_eventposition")
        read.append(read_for_a_page(client, organization, cursor))

    assert read[1] <= read[0] + 50
    assert read[0] < 1_000


def test_a_first_page_of_a_long_log_reads_no_more_than_its_bounds(
    client: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "READ_AT_ONCE", 1_000)
    log(organization, 20_000)
    analyze(*TABLES)
    before = rows_read(*TABLES)

    assert page(client, organization)["has_more"] is True

    assert rows_read(*TABLES) - before < 5_000
