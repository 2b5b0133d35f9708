"""A directory's look-ups read what they are about, however many members there are."""

import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.db import connection

from organizations.models import Organization
from tests.benchmarks.world import make_organization
from tests.organizations.scim.caller import Directory
from tests.sequential_scans import MANY, tables_read_whole

IDENTITIES = """
    INSERT INTO organizations_scimidentity (
        organization_id, user_id, user_name, external_id, formatted_name, given_name, family_name,
        display_name, changed_at
    )
    SELECT organization_id, user_id, 'Name.' || user_id, 'ext' || user_id, '', '', '', '', now()
    FROM organizations_membership WHERE organization_id = %s
"""
FILTERS = [
    'userName eq "NAME.{user_id}"',
    'userName eq "{email}"',
    'externalId eq "ext{user_id}"',
    'id eq "{user_id}"',
    'emails[type eq "work"].value eq "{email}"',
    'userName eq "name.{user_id}" and active eq true',
]


def make_directory(members: int) -> tuple[Directory, str]:
    """Return the directory of a large organization, which knows them all, and one of its users."""
    world = make_organization(members, roles=0, departments=1, resources=0)
    directory = Directory.of(Organization.objects.get(pk=world.organization_id))
    with connection.cursor() as cursor:
        cursor.execute(IDENTITIES, [world.organization_id])
        cursor.execute("ANALYZE")
    return directory, world.user_ids[members // 2]


def look_up(directory: Directory, scim_filter: str, user_id: str) -> list[str]:
    """Return the ids of those whom a filter finds."""
    text = scim_filter.format(user_id=user_id, email=email_of(user_id))
    answer = directory.send("GET", f"/Users?filter={quote(text)}")
    assert answer.status == 200, answer.body
    return [user["id"] for user in answer.body.get("Resources", [])]


def email_of(user_id: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM users_user WHERE id = %s", [user_id])
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("scim_filter", FILTERS)
def test_no_large_table_is_read_whole(db: None, scim_filter: str) -> None:
    directory, user_id = make_directory(MANY)
    before = tables_read_whole()

    found = look_up(directory, scim_filter, user_id)

    # Whom the directory knows by a userName is not found by another one, be it their address.
    assert found == ([] if scim_filter == FILTERS[1] else [user_id])
    assert tables_read_whole() == before


@pytest.mark.slow
def test_a_million_members_are_looked_up_and_paged_at_once(db: None) -> None:
    directory, user_id = make_directory(1_000_000)

    def seconds(request: Callable[[], object]) -> float:
        took = []
        for _ in range(5):
            started = time.perf_counter()
            request()
            took.append(time.perf_counter() - started)
        return min(took)

    def page() -> None:
        answer = directory.send("GET", "/Users?count=200")
        assert (answer.body["totalResults"], answer.body["itemsPerPage"]) == (1_000_001, 200)

    assert look_up(directory, FILTERS[0], user_id) == [user_id]
    assert seconds(lambda: look_up(directory, FILTERS[0], user_id)) < 0.05
    assert seconds(page) < 1
