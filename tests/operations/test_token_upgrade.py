"""Tokens that were issued before an upgrade reach what their users were members of then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.operations.upgrades import migrate
from tests.processes import connected

BEFORE = """
    INSERT INTO users_user
        (id, email, full_name, name_words, password, is_active, is_staff, is_superuser, created_at)
    SELECT id, id || '@example.com', id, ARRAY[id], '!', true, false, false, '2025-01-01'
    FROM unnest(ARRAY['usr_early', 'usr_late', 'usr_ahead', 'usr_nobody', 'usr_former']) AS id;

    INSERT INTO organizations_organization (id, name, name_words, created_at)
    VALUES ('org_acme', 'Acme', '{Acme,acme}', '2025-01-01');

    INSERT INTO organizations_membership (organization_id, user_id, created_at)
    VALUES
        ('org_acme', 'usr_early', '2025-03-01'),
        ('org_acme', 'usr_late', '2025-09-01'),
        ('org_acme', 'usr_ahead', now() + interval '1 day'),
        ('org_acme', 'usr_former', '2025-03-01');

    INSERT INTO users_accesstoken (user_id, name, digest, prefix, created_at, expires_at)
    SELECT id, '', sha256(id::bytea), 'offboard_', '2025-06-01', '2100-01-01' FROM users_user;

    UPDATE organizations_membership SET deleted_at = '2025-07-01' WHERE user_id = 'usr_former';
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, source, reason, roles, departments, resource_count,
        trace_id, requested_at, created_at
    )
    SELECT 'rem_1', organization_id, id, 'api', '', '[]', '[]', 0, '', '2025-07-01', '2025-07-01'
    FROM organizations_membership WHERE user_id = 'usr_former';
"""

AFTER = """
    INSERT INTO organizations_membership (organization_id, user_id, created_at)
    VALUES ('org_acme', 'usr_nobody', '2025-03-01'), ('org_acme', 'usr_former', '2025-03-01')
"""

REACHED = """
    SELECT membership.user_id
    FROM organizations_membership AS membership
    JOIN users_accesstoken AS token ON token.user_id = membership.user_id
    WHERE membership.is_current AND organizations_token_reaches(
        token.reaches_before, NULL, membership.id, membership.created_at
    )
"""


def members_since(session: "psycopg.Connection[tuple[Any, ...]]") -> dict[str, datetime]:
    return dict(session.execute("SELECT user_id, created_at FROM organizations_membership"))


def test_tokens_of_before_reach_what_their_users_were_members_of(database: str) -> None:
    migrate(database, "organizations", "0002_directories")
    with connected(database.rsplit("/", 1)[1]) as session:
        session.execute(BEFORE)
        since = members_since(session)
        migrate(database)
        now = datetime.now(UTC)
        since_then = members_since(session)
        session.execute(AFTER)

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
        assert timedelta(0) < now - reaches_before < timedelta(minutes=2)

        # Nobody counted the tokens of who was removed before.
        assert session.execute("SELECT token_count FROM organizations_removal").fetchall() == [
            (None,)
        ]
