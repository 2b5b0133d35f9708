"""Rows of the released version become what the design says, and ``migrate`` prints what changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from config.search import indexed
from tests.operations.upgrades import empty_database, migrate
from tests.processes import connected

pytestmark = pytest.mark.django_db(transaction=True)  # all alike, so that they run in a row

RELEASED = (("organizations", "0002_directories"), ("users", "0001_initial"))

OLD = """
    INSERT INTO users_user
        (id, email, full_name, name_words, password, is_active, is_staff, is_superuser, created_at)
    SELECT id, coalesce(email, id || '@acme.example'), id, ARRAY[id], '!', true, false, false,
        '2025-01-01'
    FROM (VALUES
        ('usr_owner', NULL), ('usr_a', NULL), ('usr_b', NULL), ('usr_c', NULL),
        ('usr_none', NULL), ('usr_kept', NULL),
        ('usr_lea', 'lea@other.example'), ('usr_max', NULL), ('usr_sly', 'sly@erased.invalid'),
        ('usr_gone', 'former@acme.example')
    ) AS account (id, email);
    UPDATE users_user SET email = 'former@erased.invalid', erased_at = '2025-08-01',
        full_name = '', name_words = '{""}', is_active = false
    WHERE id = 'usr_gone';

    INSERT INTO organizations_organization (id, name, name_words, created_at)
    VALUES ('org_acme', 'Acme', '{Acme,acme}', '2025-01-01');
    UPDATE organizations_role SET capabilities = '{}' WHERE is_owner;
    INSERT INTO organizations_membership (organization_id, user_id, created_at)
    SELECT 'org_acme', id, '2025-03-01' FROM users_user WHERE erased_at IS NULL ORDER BY id;
    INSERT INTO organizations_roleassignment (organization_id, membership_id, user_id, role_id)
    SELECT 'org_acme', membership.id, user_id, role.id
    FROM organizations_membership AS membership, organizations_role AS role
    WHERE user_id = 'usr_owner' AND role.is_owner;

    INSERT INTO organizations_department (id, organization_id, name, name_words, external_id)
    VALUES
        ('dept_1', 'org_acme', 'Sales', '{Sales,sales}', ''),
        ('dept_2', 'org_acme', 'sales', '{sales,sales}', ''),
        ('dept_3', 'org_acme', 'SALES ', '{"SALES ",sales}', '');

    INSERT INTO organizations_resource (id, organization_id, name, owner_id)
    VALUES
        ('res_chain', 'org_acme', 'chain', 'usr_a'), ('res_moved', 'org_acme', 'moved', 'usr_a'),
        ('res_of_max', 'org_acme', 'Café d''Or', 'usr_max'),
        ('res_without', 'org_acme', '', 'usr_max');
    UPDATE organizations_membership SET deleted_at = '2025-07-01'
    WHERE user_id IN ('usr_a', 'usr_b', 'usr_none', 'usr_kept');
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, source, reason, roles, departments, resource_count,
        trace_id, requested_at, created_at, transferred_to_user_id, transferred_to_id
    )
    SELECT 'rem_' || substr(user_id, 5), 'org_acme', id, 'api', '', '[]', '[]', number, '',
        '2025-07-01', deleted_at + late, heir, department
    FROM organizations_membership
    JOIN (VALUES
        ('usr_a', 2, interval '0', 'usr_b', NULL), ('usr_b', 1, interval '3 s', NULL, 'dept_1'),
        ('usr_none', 0, interval '0', NULL, NULL), ('usr_kept', 1, interval '0', NULL, NULL)
    ) AS removed (user_id, number, late, heir, department) USING (user_id);
    -- A removed in favour of B, and B in favour of Sales; then staff gave the other thing to C.
    UPDATE organizations_resource
    SET owner_id = NULL, department_id = 'dept_1', removal_id = 'rem_b'
    WHERE id = 'res_chain';
    UPDATE organizations_resource SET owner_id = 'usr_c', removal_id = 'rem_a'
    WHERE id = 'res_moved';

    INSERT INTO users_accesstoken (user_id, name, digest, prefix, created_at, expires_at)
    SELECT id, '', sha256(id::bytea), 'offboard_', '2025-06-01', '2100-01-01' FROM users_user;

    INSERT INTO organizations_scimconnection (id, organization_id, name, token_digest, created_at)
    VALUES ('scim_okta', 'org_acme', 'Okta', sha256('okta'), '2025-01-01');
    INSERT INTO organizations_scimconnection
    (
        id, organization_id, name, token_digest, created_at, transfer_on_deactivate_id, disabled_at
    )
    VALUES ('scim_was', 'org_acme', 'Was', sha256('was'), '2025-01-01', 'dept_3', '2025-02-01');
    INSERT INTO organizations_scimidentity (
        organization_id, user_id, user_name, external_id, formatted_name, given_name, family_name,
        display_name, account_made_by_id, changed_at
    )
    VALUES
        ('org_acme', 'usr_lea', 'lea', 'same', '', '', '', '', 'scim_okta', '2025-05-01'),
        ('org_acme', 'usr_max', 'max', 'same', '', '', '', '', 'scim_okta', '2025-06-01');

    INSERT INTO django_admin_log
        (action_time, object_id, object_repr, action_flag, change_message, content_type_id, user_id)
    SELECT '2025-05-01', 'usr_c', 'C <carla@acme.example>', 2, '', type.id, 'usr_owner'
    FROM django_content_type AS type WHERE app_label = 'users' AND model = 'user';
"""

SAID = [
    "Department dept_2: 'sales' is now 'sales (2)'.",
    "Department dept_3: 'SALES ' is now 'SALES (3)'.",
    "org_acme: the externalId of usr_lea is emptied: usr_max has the same.",
    "Acme (org_acme): acme.example, other.example",
    "usr_sly had an address of erased.invalid; it is usr_sly@renamed.invalid now.",
    "name none now: res_moved by rem_a",
    "the records are: rem_b",
    "Owner roles that have override_all_permissions again",
]

BECAME = {
    "SELECT DISTINCT capabilities FROM organizations_role WHERE is_owner": [
        ["override_all_permissions"]
    ],
    "SELECT name FROM organizations_department ORDER BY id": ["Sales", "sales (2)", "SALES (3)"],
    "SELECT external_id FROM organizations_scimidentity ORDER BY user_id": ["", "same"],
    "SELECT connection_id FROM organizations_scimidentity": ["scim_okta", "scim_okta"],
    "SELECT transfer_on_deactivate_id FROM organizations_scimconnection": [None, None],
    "SELECT name FROM organizations_domain ORDER BY name": ["acme.example", "other.example"],
    "SELECT email FROM users_user WHERE id IN ('usr_gone', 'usr_sly') ORDER BY id": [
        "usr_gone@erased.invalid",
        "usr_sly@renamed.invalid",
    ],
    "SELECT address FROM users_formeraddress WHERE account_id = 'usr_c'": ["carla@acme.example"],
    "SELECT removal_id FROM organizations_resource ORDER BY id": ["rem_b", None, None, None],
    "SELECT concat_ws(' ', removal_id, resource_id, type, external_id, name, previous_removal_id)"
    " FROM organizations_resourcemove": ["rem_b res_chain resource chain"],
    "SELECT organization_id || ' ' || slug FROM organizations_resourcetype": ["org_acme resource"],
    "SELECT concat_ws(' ', resource_id, organization_id, type, external_id, url)"
    " FROM organizations_resourceentry ORDER BY resource_id": [
        f"res_{name} org_acme resource" for name in ("chain", "moved", "of_max", "without")
    ],
    "SELECT name_words FROM organizations_resourceentry ORDER BY resource_id": [
        indexed(name) for name in ("chain", "moved", "Café d'Or", "Unnamed")
    ],
    "SELECT concat_ws(' ', removal_id, type, count, transferred_to_id, transferred_to_user_id)"
    " FROM organizations_removedresources ORDER BY removal_id": [
        "rem_a resource 2 usr_b",
        "rem_b resource 1 dept_1",
        "rem_kept resource 1",
    ],
    "SELECT resource_count FROM organizations_removal ORDER BY id": [2, 1, 1, 0, 0],
    "SELECT count(*) FROM organizations_membership JOIN organizations_removal AS removal"
    " ON removal.membership_id = organizations_membership.id"
    " WHERE deleted_at <> removal.created_at": [0],
    "SELECT count(*) FROM users_accesstoken WHERE reaches_before < created_at": [0],
}


TOKENS = """
    INSERT INTO users_user
        (id, email, full_name, name_words, password, is_active, is_staff, is_superuser, created_at)
    SELECT id, id || '@example.com', id, ARRAY[id], '!', true, false, false, '2025-01-01'
    FROM unnest(ARRAY['usr_early', 'usr_late', 'usr_ahead', 'usr_nobody', 'usr_former']) AS id;

    INSERT INTO organizations_organization (id, name, name_words, created_at)
    VALUES ('org_late', 'Late', '{Late,late}', '2025-01-01');

    INSERT INTO organizations_membership (organization_id, user_id, created_at)
    VALUES
        ('org_late', 'usr_early', '2025-03-01'),
        ('org_late', 'usr_late', '2025-09-01'),
        ('org_late', 'usr_ahead', now() + interval '1 day'),
        ('org_late', 'usr_former', '2025-03-01');

    INSERT INTO users_accesstoken (user_id, name, digest, prefix, created_at, expires_at)
    SELECT id, '', sha256(id::bytea), 'offboard_', '2025-06-01', '2100-01-01' FROM users_user
    WHERE id IN ('usr_early', 'usr_late', 'usr_ahead', 'usr_nobody', 'usr_former');

    UPDATE organizations_membership SET deleted_at = '2025-07-01' WHERE user_id = 'usr_former';
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, source, reason, roles, departments, resource_count,
        trace_id, requested_at, created_at
    )
    SELECT 'rem_of_usr_former', organization_id, id, 'api', '', '[]', '[]', 0, '', deleted_at,
        deleted_at
    FROM organizations_membership WHERE user_id = 'usr_former';
"""

ADDED = """
    INSERT INTO organizations_membership (organization_id, user_id, created_at)
    VALUES ('org_late', 'usr_nobody', '2025-03-01'), ('org_late', 'usr_former', '2025-03-01')
"""

REACHED = """
    SELECT membership.user_id
    FROM organizations_membership AS membership
    JOIN users_accesstoken AS token ON token.user_id = membership.user_id
    WHERE organization_id = 'org_late' AND membership.is_current AND organizations_token_reaches(
        token.reaches_before, NULL, membership.id, membership.created_at
    )
"""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A database of the released version after its upgrade, and facts from before."""

    address: str
    released: set[tuple[object, ...]]
    since: dict[str, datetime]
    said: str
    ended_at: datetime

    @property
    def name(self) -> str:
        return self.address.rsplit("/", 1)[1]


def schema(session: "psycopg.Connection[tuple[Any, ...]]") -> set[tuple[object, ...]]:
    return set(
        session.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name ~ '^(organizations|users)_'"
        )
    )


def members_since(session: "psycopg.Connection[tuple[Any, ...]]") -> dict[str, datetime]:
    return dict(session.execute("SELECT user_id, created_at FROM organizations_membership"))


@pytest.fixture(scope="module")
def upgrade(committed_db: None) -> Iterator[Upgrade]:
    """One upgrade for all tests: it takes longer than they do."""
    with empty_database("old") as address:
        migrate(address, ("admin",), *RELEASED)
        with connected(address.rsplit("/", 1)[1]) as session:
            released = schema(session)
            session.execute(OLD)
            session.execute(TOKENS)
            since = members_since(session)
        said = migrate(address)
        yield Upgrade(address, released, since, said, datetime.now(UTC))


def test_rows_of_the_released_version_become_what_the_design_says_and_it_is_printed(
    upgrade: Upgrade,
) -> None:
    assert [line for line in SAID if line not in upgrade.said] == []
    with connected(upgrade.name) as session:
        for question, answers in BECAME.items():
            assert [answer for (answer,) in session.execute(question)] == answers, question


def test_an_upgrade_is_undone_without_a_row_lost(upgrade: Upgrade) -> None:
    with empty_database("undone", template=upgrade.name) as address:
        migrate(address, *RELEASED)

        with connected(address.rsplit("/", 1)[1]) as session:
            assert schema(session) == upgrade.released
            names = session.execute("SELECT name FROM organizations_resource ORDER BY id")
            assert [name for (name,) in names] == ["chain", "moved", "Café d'Or", "Unnamed"]
            counts = "SELECT count(*) FROM organizations_scimidentity WHERE external_id = 'same'"
            assert session.execute(counts).fetchone() == (1,)


def test_tokens_of_before_reach_what_their_users_were_members_of(upgrade: Upgrade) -> None:
    with connected(upgrade.name) as session, session.transaction(force_rollback=True):
        since, since_then = upgrade.since.copy(), members_since(session)
        session.execute(ADDED)

        # Whoever was a member then is reached, whether their token is younger or older; whoever
        # is added later, anew or at all, is not.
        reached = {user for (user,) in session.execute(REACHED).fetchall()}
        assert reached == {"usr_early", "usr_late", "usr_ahead"}

        # What is shown stays, but for a time that had not come yet.
        assert since.pop("usr_ahead") - since_then.pop("usr_ahead") > timedelta(hours=23)
        assert since == since_then
        issued = session.execute("SELECT DISTINCT created_at FROM users_accesstoken").fetchall()
        assert issued == [(datetime(2025, 6, 1, tzinfo=UTC),)]
        [(reaches_before,)] = session.execute(
            "SELECT DISTINCT reaches_before FROM users_accesstoken"
        ).fetchall()
        assert timedelta(0) < upgrade.ended_at - reaches_before < timedelta(minutes=2)

        # Nobody counted the tokens of who was removed before.
        counts = session.execute("SELECT DISTINCT token_count FROM organizations_removal")
        assert counts.fetchall() == [(None,)]
