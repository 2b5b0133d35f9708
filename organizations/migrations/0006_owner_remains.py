"""Say in one place, which triggers and removals ask, whether an organization keeps an active owner."""

from django.db import migrations

# Owners are few, but without a look at who they are PostgreSQL expects as many of them as of any
# role, and would read the assignments of all to come upon the first.
CREATE = """
CREATE FUNCTION organizations_owner_remains(organization varchar, leaving bigint[])
RETURNS boolean
LANGUAGE sql STABLE
SET enable_seqscan = off
AS $$
    SELECT EXISTS (
        SELECT
        FROM organizations_roleassignment AS assignment
        JOIN organizations_membership AS membership ON membership.id = assignment.membership_id
        JOIN users_user AS account ON account.id = membership.user_id
        WHERE assignment.role_id = (
                SELECT role.id
                FROM organizations_role AS role
                WHERE role.organization_id = organization AND role.is_owner
            )
            AND account.is_active
            AND membership.id <> ALL (leaving)
    )
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0005_removal_of_membership"),
        ("users", "0003_cheaper_checks_of_ids"),
    ]

    operations = [
        migrations.RunSQL(
            CREATE, reverse_sql="DROP FUNCTION organizations_owner_remains(varchar, bigint[])"
        ),
    ]
