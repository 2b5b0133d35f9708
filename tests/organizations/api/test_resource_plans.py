"""A page of resources reads about as many rows as it shows, wherever it is, by every filter."""

import pytest
from django.db import connection

from config.api.pagination import SearchPagination
from organizations.models import Membership, Organization
from tests.conftest import ClientOf
from tests.factories import DepartmentFactory, MembershipFactory
from tests.organizations.api.lists import listed
from tests.sequential_scans import MANY, analyze, rows_read

TABLES = (
    *("organizations_resource", "organizations_resourceentry"),
    *("organizations_removedresources", "organizations_removal", "organizations_membership"),
)

# Half of them are one department's, every twentieth one user's, every thousandth another's; ten
# types, and every name has a word of its own, of a tenth and of all.
WORLD = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO organizations_resourcetype (organization_id, slug)
    SELECT %(organization)s, 'type-' || i FROM generate_series(0, 9) AS i;
    INSERT INTO organizations_resource (id, organization_id, type, department_id, owner_id)
    SELECT 'res_' || lpad(i::text, 6, '0'), %(organization)s, 'type-' || i %% 10,
        CASE WHEN i %% 2 = 0 THEN %(department)s END,
        CASE WHEN i %% 1000 = 1 THEN %(left)s WHEN i %% 20 = 3 THEN %(much)s
            WHEN i %% 2 = 1 THEN 'usr_of' || i %% 2000 END
    FROM generate_series(1, %(number)s) AS i;
    INSERT INTO organizations_resourceentry (
        resource_id, organization_id, type, external_id, name, name_words, updated_at
    )
    SELECT id, organization_id, type, id, 'thing', ARRAY[
            'thing', 'all', 'own' || substr(id, 5), 'tenth' || right(id, 1)
        ], now()
    FROM organizations_resource WHERE organization_id = %(organization)s;
    INSERT INTO organizations_membership (organization_id, user_id, created_at, deleted_at)
    SELECT %(organization)s, user_id, now(), CASE WHEN user_id = %(left)s THEN now() END
    FROM (SELECT 'usr_of' || i FROM generate_series(1, %(number)s) AS i UNION SELECT %(left)s)
        AS owner (user_id);
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, source, reason, roles, departments, resource_count,
        trace_id, requested_at, created_at
    )
    SELECT 'rem_left', organization_id, id, 'api', '', '[]', '[]', 20, '', now(), deleted_at
    FROM organizations_membership WHERE user_id = %(left)s;
    INSERT INTO organizations_removedresources (removal_id, organization_id, type, count)
    VALUES ('rem_left', %(organization)s, 'type-1', 20);
    SET LOCAL session_replication_role = origin;
"""

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def owner(module_db: None) -> Membership:
    """The owner of an organization that is filled once for all tests here."""
    return MembershipFactory.create(roles=["Owner"])


@pytest.fixture(scope="module")
def organization(owner: Membership) -> Organization:
    return owner.organization


@pytest.fixture(scope="module")
def world(organization: Organization) -> dict[str, str]:
    """Fill the organization; return the ids that the queries below name."""
    ids = {
        "organization": organization.pk,
        "department": DepartmentFactory.create(organization=organization).pk,
        "much": "usr_much",
        "left": "usr_left",
    }
    with connection.cursor() as cursor:
        cursor.execute(WORLD, ids | {"number": MANY})
    analyze()
    return ids


@pytest.mark.parametrize(
    "query",
    [
        {"after": "res_000001"},
        {"after": "res_019900"},
        {"type": "type-3", "after": "res_010000"},
        {"type": ["type-3", "type-4"], "after": "res_010000"},
        {"owner_user_id": "much", "after": "res_010000"},
        {"owner_user_id": "usr_of5", "after": "res_010000"},
        {"owner_department_id": "department", "after": "res_010000"},
        {"owner_department_id": "department", "type": "type-2", "after": "res_010000"},
        {"type": "type-1", "external_id": "res_000011"},
        {"owner_has_left": "true"},
        {"owner_has_left": "true", "after": "res_010000"},
        {"search": "own010000"},
        {"search": "all", "after": "res_010000"},
        {"search": "unknown"},
    ],
    ids=str,
)
def test_a_page_reads_what_it_is_about(
    organization: Organization,
    owner: Membership,
    world: dict[str, str],
    client_of: ClientOf,
    query: dict[str, str | list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As many as 10,000 are to a million.
    monkeypatch.setattr(SearchPagination, "max_total", 200)
    client = client_of(owner.user)
    asked = {
        name: world.get(value, value) if isinstance(value, str) else value
        for name, value in query.items()
    }
    before = rows_read(*TABLES)

    page = listed(client, organization, "resources", **asked, limit=10)

    assert bool(page["items"]) == ("unknown" not in str(query))
    assert rows_read(*TABLES) - before < MANY / 20
