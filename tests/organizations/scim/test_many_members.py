"""A directory's look-ups and pages among very many members (a million passes, and takes longer)."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.db import connection

from organizations.models import Organization
from tests.benchmarks.world import make_organization
from tests.organizations.scim.caller import Directory
from tests.processor_time import of_database
from tests.sequential_scans import analyze

VERY_MANY = 200_000
IDENTITIES = """
    INSERT INTO organizations_scimidentity (
        organization_id, user_id, user_name, external_id, formatted_name, given_name, family_name,
        display_name, changed_at, connection_id
    )
    SELECT organization_id, user_id, 'Name.' || user_id, 'ext' || user_id, '', '', '', '', now(), (
        SELECT id FROM organizations_scimconnection AS connection
        WHERE connection.organization_id = member.organization_id AND disabled_at IS NULL
    )
    FROM organizations_membership AS member WHERE organization_id = %s
"""


def make_directory(members: int) -> tuple[Directory, str]:
    """Return the directory of a large organization, which knows them all, and one of its users."""
    world = make_organization(members, roles=0, departments=1, resources=0)
    directory = Directory.of(Organization.objects.get(pk=world.organization_id))
    with connection.cursor() as cursor:
        cursor.execute(IDENTITIES, [world.organization_id])
    analyze()
    return directory, world.user_ids[members // 2]


def seconds(request: Callable[[], object]) -> float:
    """Return how long the database works for a request, the shortest of five times."""
    return min(of_database(request) for _ in range(5))


@pytest.mark.slow
def test_very_many_members_are_looked_up_and_paged_at_once(db: None) -> None:
    directory, user_id = make_directory(VERY_MANY)
    by_user_name = quote(f'userName eq "NAME.{user_id}"')
    filtered = f"/Users?filter={by_user_name}"

    def find() -> None:
        [user] = directory.send("GET", filtered).body["Resources"]
        assert user["id"] == user_id

    def page() -> None:
        answer = directory.send("GET", "/Users?count=200")
        assert (answer.body["totalResults"], answer.body["itemsPerPage"]) == (VERY_MANY + 1, 200)

    def last_page() -> None:
        answer = directory.send("GET", f"/Users?count=200&startIndex={VERY_MANY - 198}")
        assert answer.body["itemsPerPage"] == 200

    times = {"find": seconds(find), "page": seconds(page), "last page": seconds(last_page)}

    limits = {"find": 0.01, "page": 0.5, "last page": 1}
    assert {name: took for name, took in times.items() if took > limits[name]} == {}
