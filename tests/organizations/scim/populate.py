"""Many members, of whom a directory knows some."""

from django.db import connection

from organizations.models import Organization
from tests.sequential_scans import analyze

# Members and their accounts, of whom every other one is known to the directory.
MEMBERS = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO users_user
        (id, email, full_name, name_words, password, is_superuser, is_active, is_staff, created_at)
    SELECT 'usr_' || lpad(i::text, 7, '0'), 'person' || i || '@example.net', 'Word' || i,
        ARRAY['Word' || i, 'word' || i], '!', false, true, false, now()
    FROM generate_series(1, %(number)s) AS i;
    INSERT INTO organizations_membership (organization_id, user_id, created_at)
    SELECT %(organization)s, 'usr_' || lpad(i::text, 7, '0'), now()
    FROM generate_series(1, %(number)s) AS i;
    INSERT INTO organizations_scimidentity (organization_id, user_id, user_name, external_id,
        formatted_name, given_name, family_name, display_name, changed_at, user_name_key,
        connection_id)
    SELECT %(organization)s, 'usr_' || lpad(i::text, 7, '0'), 'Person' || i, 'e' || i, '', '', '',
        '', now(), 'person' || i, (
            SELECT id FROM organizations_scimconnection
            WHERE organization_id = %(organization)s AND disabled_at IS NULL
        )
    FROM generate_series(1, %(number)s, 2) AS i;
    SET LOCAL session_replication_role = DEFAULT;
"""


def populate(organization: Organization, number: int) -> list[str]:
    """Give an organization so many members; return their user ids, in order."""
    parameters: dict[str, str | int] = {"organization": organization.pk, "number": number}
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, parameters)
    analyze("users_user", "organizations_membership", "organizations_scimidentity")
    return [f"usr_{i:07}" for i in range(1, number + 1)]
