"""A directory's look-ups read about as many rows as they find, however many members there are."""

import gc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from scim2_models import ListResponse, PatchOp, ResponseParameters, SearchRequest

from organizations.models import Membership, Organization
from tests.organizations.scim.caller import Directory, replacing
from tests.organizations.scim.populate import populate
from tests.sequential_scans import MANY, rows_read

NUMBER = 5000
TABLES = ("organizations_scimidentity", "organizations_membership", "users_user")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('userName eq "PERSON7"', 1),
        ('userName eq "person8@example.net"', 1),
        ('userName eq "unknown@example.net"', 0),
        ('externalId eq "e7"', 1),
        ('externalId eq "unknown"', 0),
        ('emails[type eq "work"].value eq "person7@example.net"', 1),
        ('emails.value eq "person8@example.net"', 1),
        ('id eq "usr_0000007"', 1),
        ('userName eq "person7" and active eq true', 1),
        ("active eq false", 5),
    ],
)
def test_a_filter_reads_whom_it_finds(
    directory: Directory, organization: Organization, query: str, found: int
) -> None:
    ids = populate(organization, NUMBER)
    Membership.objects.filter(user__in=ids[1000:1005]).update(deactivated_at=timezone.now())
    before = rows_read(*TABLES)

    answer = directory.send("GET", f"/Users?filter={query}")

    assert answer.body["totalResults"] == found
    assert rows_read(*TABLES) - before < 50


def test_a_page_is_read_by_index(directory: Directory, organization: Organization) -> None:
    ids = populate(organization, MANY)

    with CaptureQueriesContext(connection) as queries:
        page = directory.send("GET", "/Users?count=200&startIndex=101").body

    [select] = [q["sql"] for q in queries if "LIMIT 200" in q["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {select}")
        [(plan,)] = cursor.fetchall()
    assert [user["id"] for user in page["Resources"]] == ids[100:300]
    assert "Seq Scan" not in str(plan)
    assert "Sort" not in str(plan)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("count=200", 3),
        ("count=3", 3),
        ("count=2", 2),
        ("count=0", 0),
        ("count=2&startIndex=3", 1),
        ("count=2&startIndex=4", 0),
        ('filter=userName eq "unknown"', 0),
    ],
)
def test_a_page_says_how_many_there_are_on_all_pages(
    directory: Directory, organization: Organization, query: str, shown: int
) -> None:
    populate(organization, 2)  # and the owner

    page = directory.send("GET", f"/Users?{query}").body

    assert page["totalResults"] == (0 if "unknown" in query else 3)
    assert len(page.get("Resources", [])) == shown


def test_no_class_is_made_for_a_request(directory: Directory) -> None:
    """Each takes longer to make than somebody to be found."""
    messages = (ListResponse, SearchRequest, ResponseParameters, PatchOp)

    def numbers() -> list[int]:
        return [len(message.__subclasses__()) for message in messages]

    user_id = directory.add("ada@example.com")
    gc.collect()
    before = numbers()

    directory.send("GET", "/Users?count=1")
    directory.patch(f"/Users/{user_id}", replacing("displayName", "Ada"))

    assert numbers() == before
