"""A page reads about as many rows as it shows, however long the list and wherever the page is."""

import pytest
from django.db import connection

from organizations.models import Membership, Organization, Role
from tests.conftest import ClientOf
from tests.factories import DepartmentFactory, MembershipFactory, RoleFactory
from tests.organizations.api.lists import listed
from tests.sequential_scans import MANY, analyze, rows_read

TABLES = (
    *("organizations_membership", "organizations_roleassignment", "users_user"),
    *("organizations_departmentmembership", "organizations_removal", "organizations_event"),
    "organizations_webhookdelivery",
)

# As many members, of whom every hundredth is deactivated, every thousandth has another role and
# department than the others, and the first half has a role more, as former ones with a removal and
# an event each, a minute apart, and a few events of another type; without triggers and keys, for
# which this would be no way in.
WORLD = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO users_user
        (id, email, full_name, name_words, password, is_superuser, is_active, is_staff, created_at)
    SELECT 'usr_' || lpad(i::text, 6, '0'), 'person' || i || '@example.net', 'Word' || i,
        ARRAY['Word' || i, 'word' || i], '', false, true, false, now()
    FROM generate_series(1, %(number)s) AS i;
    INSERT INTO organizations_membership (organization_id, user_id, created_at, deactivated_at)
    SELECT %(organization)s, 'usr_' || lpad(i::text, 6, '0'), now(),
        CASE WHEN i %% 100 = 0 THEN now() END
    FROM generate_series(1, %(number)s) AS i;
    INSERT INTO organizations_roleassignment (organization_id, membership_id, user_id, role_id)
    SELECT organization_id, id, user_id, CASE WHEN id %% 1000 = 0 THEN %(rare)s ELSE %(common)s END
    FROM organizations_membership WHERE organization_id = %(organization)s;
    INSERT INTO organizations_roleassignment (organization_id, membership_id, user_id, role_id)
    SELECT organization_id, id, user_id, %(early)s
    FROM organizations_membership
    WHERE organization_id = %(organization)s AND user_id <= 'usr_010000';
    INSERT INTO organizations_departmentmembership
        (organization_id, membership_id, user_id, department_id)
    SELECT organization_id, id, user_id,
        CASE WHEN id %% 1000 = 0 THEN %(department)s ELSE %(large)s END
    FROM organizations_membership WHERE organization_id = %(organization)s;
    INSERT INTO organizations_membership (organization_id, user_id, created_at, deleted_at)
    SELECT organization_id, user_id, now(), now()
    FROM organizations_membership WHERE organization_id = %(organization)s;
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, actor_id, source, reason, roles, departments,
        resource_count, trace_id, requested_at, created_at
    )
    SELECT 'rem_' || lpad(row_number() OVER (ORDER BY id)::text, 6, '0'), organization_id, id,
        CASE WHEN id %% 2 = 0 THEN %(actor)s END, 'api', '', '[]', '[]', 0,
        CASE WHEN id %% 5 = 0 THEN 'run' ELSE 'request' || id END, now(),
        timestamptz '2025-01-01Z' + interval '1 minute' * row_number() OVER (ORDER BY id)
    FROM organizations_membership WHERE deleted_at IS NOT NULL;
    INSERT INTO organizations_event (
        id, type, organization_id, user_id, actor_id, source, reason, data, trace_id, created_at
    )
    SELECT 'evt' || substr(removal.id, 4), 'member.removed', removal.organization_id, user_id,
        actor_id, source, '', '{}', trace_id, removal.created_at
    FROM organizations_removal AS removal
    JOIN organizations_membership AS membership ON membership.id = removal.membership_id;
    INSERT INTO organizations_event (
        id, type, organization_id, source, reason, data, trace_id, created_at
    )
    SELECT 'evt_000000' || i, 'removal.failed', %(organization)s, 'schedule', '', '{}', '',
        timestamptz '2024-12-31Z'
    FROM generate_series(1, 9) AS i;
    INSERT INTO organizations_webhookendpoint
        (id, organization_id, url, description, event_types, secret_version, disabled_reason,
        created_at)
    SELECT 'we_' || i, %(organization)s, 'https://hooks.example.com', '', '{}', 1, '', now()
    FROM generate_series(1, 2) AS i;
    INSERT INTO organizations_webhookdelivery
        (id, endpoint_id, event_id, status, attempts, last_error, created_at, delivered_at)
    SELECT 'dlv' || substr(event.id, 4), 'we_1', event.id,
        CASE WHEN event.id LIKE '%%00' THEN 'failed' ELSE 'delivered' END, 1, '', created_at,
        CASE WHEN event.id NOT LIKE '%%00' THEN created_at END
    FROM organizations_event AS event WHERE event.id LIKE 'evt_00%%';
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
def world(organization: Organization, owner: Membership) -> dict[str, str]:
    """Fill the organization; return the ids that the queries below name."""
    ids = {
        "organization": organization.pk,
        "actor": owner.user_id,
        "rare": RoleFactory.create(organization=organization).pk,
        "early": RoleFactory.create(organization=organization).pk,
        "common": Role.objects.get(organization=organization, name="Member").pk,
        "department": DepartmentFactory.create(organization=organization).pk,
        "large": DepartmentFactory.create(organization=organization).pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(WORLD, ids | {"number": MANY})
    analyze()
    return ids


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("users", {"after": "usr_000001"}),
        ("users", {"after": "usr_019600"}),
        ("users", {"account_state": "deactivated"}),
        ("users", {"account_state": "deactivated", "after": "usr_010000"}),
        ("users", {"account_state": "active", "after": "usr_010000"}),
        ("users", {"role_id": "common", "after": "usr_019600"}),
        ("users", {"role_id": "early", "after": "usr_009990"}),
        ("users", {"role_id": "rare"}),
        ("users", {"department_id": "department"}),
        ("users", {"department_id": "department", "after": "usr_018000"}),
        ("users", {"search": "word123"}),
        ("users", {"search": "person4321@"}),
        ("users", {"search": "usr_010000"}),
        ("users", {"search": "unknown"}),
        ("audit-log", {"type": "removal.failed"}),
        ("audit-log", {"type": "removal.failed", "after": "evt_0000005"}),
        *(
            (path, query)
            for path, after in (("removals", "rem_010000"), ("audit-log", "evt_010000"))
            for query in (
                {"after": after},
                {"user_id": "usr_010000"},
                {"actor_id": "actor", "after": after},
                {"actor_id": "usr_unknown"},
                {"trace_id": "run", "after": after},
                {"trace_id": "unknown"},
                {"from_date": "2025-01-02", "to_date": "2025-01-02T00:50:00Z"},
            )
        ),
        *(
            ("webhook-endpoints/we_1/deliveries", query)
            for query in (
                {"after": "dlv_005000"},
                {"status": "failed"},
                {"status": "failed", "after": "dlv_005000"},
                {"status": "delivered", "after": "dlv_005000"},
            )
        ),
        ("webhook-endpoints/we_2/deliveries", {"after": "dlv_unknown"}),
    ],
    ids=str,
)
def test_a_page_reads_what_it_is_about(
    organization: Organization,
    owner: Membership,
    world: dict[str, str],
    client_of: ClientOf,
    path: str,
    query: dict[str, str],
) -> None:
    client = client_of(owner.user)
    before = {table: rows_read(table) for table in TABLES}

    page = listed(
        client,
        organization,
        path,
        **{name: world.get(value, value) for name, value in query.items()},
        limit=10,
    )

    assert bool(page["items"]) == ("unknown" not in str(query))
    read = {table: rows_read(table) - before[table] for table in TABLES}
    assert sum(read.values()) < MANY / 20, read


@pytest.mark.parametrize("path", ["users", "removals", "audit-log"])
def test_another_organization_does_not_matter(
    owner: Membership, world: dict[str, str], client_of: ClientOf, path: str
) -> None:
    small = MembershipFactory.create(roles=["Owner"])
    client = client_of(small.user)
    before = rows_read(*TABLES)

    page = listed(client, small.organization, path)

    assert page["total"] == (1 if path == "users" else 0)
    assert rows_read(*TABLES) - before < 100
