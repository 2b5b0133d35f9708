"""When a cursor is of a log that is no longer there, and when it goes on."""

import pytest
from django.db import connection
from rest_framework.test import APIClient

from organizations.models import Organization
from tests.factories import EventFactory
from tests.organizations.audit_log.followers import follow, page, refused_page
from tests.refusals import sql

pytestmark = pytest.mark.django_db(transaction=True)


LOSE_POSITIONS = """
    SET session_replication_role = replica;
    DELETE FROM organizations_event
    WHERE id IN (SELECT event_id FROM organizations_eventposition WHERE position > %(position)s);
    DELETE FROM organizations_eventposition WHERE position > %(position)s;
    SET session_replication_role = origin;
"""


def lose_positions_after(position: int) -> None:
    """Set the log back in time: what came after this position never happened."""
    with connection.cursor() as cursor:
        cursor.execute(LOSE_POSITIONS, {"position": position})


def test_a_log_that_was_set_back_behind_the_cursor_has_restarted(
    client: APIClient, organization: Organization
) -> None:
    EventFactory.create_batch(2, organization=organization)
    kept = page(client, organization)["next"]
    EventFactory.create_batch(2, organization=organization)
    _, lost = follow(client, organization, kept)
    lose_positions_after(2)

    assert refused_page(client, organization, cursor=lost) == (410, "LOG_RESTARTED")

    later = [event.pk for event in EventFactory.create_batch(2, organization=organization)]
    assert follow(client, organization, kept)[0] == later  # nothing before it has changed
    # The position is another event's.
    assert refused_page(client, organization, cursor=lost) == (410, "LOG_RESTARTED")


@pytest.mark.parametrize(
    "upkeep",
    [
        "VACUUM (FREEZE, ANALYZE) organizations_eventposition",
        "VACUUM FULL organizations_eventposition",
        "CLUSTER organizations_eventposition USING organizations_eventposition_pkey",
        "REINDEX TABLE organizations_eventposition",
    ],
)
def test_a_cursor_outlives_the_upkeep_of_its_table(
    client: APIClient, organization: Organization, upkeep: str
) -> None:
    EventFactory.create_batch(2, organization=organization)
    _, cursor = follow(client, organization)

    sql(upkeep)

    assert follow(client, organization, cursor) == ([], cursor)
