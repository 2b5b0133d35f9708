"""The invariants of the design as queries: each returns the rows that break it."""

from django.db import connection

_OWNERS = """
    SELECT FROM organizations_roleassignment AS assignment
    JOIN organizations_role AS role ON role.id = assignment.role_id AND role.is_owner
    JOIN organizations_membership AS membership ON membership.id = assignment.membership_id
    JOIN users_user AS account ON account.id = membership.user_id
    WHERE assignment.organization_id = organization.id
"""

INVARIANTS = {
    "1. one active membership for a user in an organization": """
        SELECT organization_id, user_id FROM organizations_membership
        WHERE deleted_at IS NULL GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "2. a removed member holds no role": """
        SELECT held.id FROM organizations_roleassignment AS held
        JOIN organizations_membership AS membership ON membership.id = held.membership_id
        WHERE membership.deleted_at IS NOT NULL
    """,
    "2. a removed member belongs to no department": """
        SELECT held.id FROM organizations_departmentmembership AS held
        JOIN organizations_membership AS membership ON membership.id = held.membership_id
        WHERE membership.deleted_at IS NOT NULL
    """,
    "3. a role is held within its organization": """
        SELECT held.id FROM organizations_roleassignment AS held
        JOIN organizations_membership AS membership ON membership.id = held.membership_id
        JOIN organizations_role AS role ON role.id = held.role_id
        WHERE held.organization_id <> membership.organization_id
            OR held.organization_id <> role.organization_id
    """,
    "3. a department is joined within its organization": """
        SELECT held.id FROM organizations_departmentmembership AS held
        JOIN organizations_membership AS membership ON membership.id = held.membership_id
        JOIN organizations_department AS department ON department.id = held.department_id
        WHERE held.organization_id <> membership.organization_id
            OR held.organization_id <> department.organization_id
    """,
    "3. a resource's and a removal's department are of their organization": """
        SELECT resource.id FROM organizations_resource AS resource
        JOIN organizations_department AS department ON department.id = resource.department_id
        WHERE resource.organization_id <> department.organization_id
        UNION ALL
        SELECT removal.id FROM organizations_removal AS removal
        JOIN organizations_department AS department ON department.id = removal.transferred_to_id
        WHERE removal.organization_id <> department.organization_id
    """,
    "4. a resource has one of owner and department": """
        SELECT id FROM organizations_resource WHERE num_nonnulls(owner_id, department_id) <> 1
    """,
    "4. what a removal moved was its member's, in its organization, and no more": """
        SELECT removal.id FROM organizations_removal AS removal
        JOIN organizations_resource AS resource ON resource.removal_id = removal.id
        GROUP BY removal.id
        HAVING num_nonnulls(removal.transferred_to_id, removal.transferred_to_user_id) = 0
            OR count(*) > removal.resource_count
            OR bool_or(resource.organization_id <> removal.organization_id)
    """,
    "5. an ended membership has one removal, and only an ended one": """
        SELECT membership.id FROM organizations_membership AS membership
        LEFT JOIN organizations_removal AS removal ON removal.membership_id = membership.id
        GROUP BY membership.id
        HAVING count(removal.id) <> (membership.deleted_at IS NOT NULL)::int
    """,
    "5. a removal has one event, and a restoration, and no such event is without its record": """
        SELECT record.id FROM (
            SELECT id, 'removal_id' AS key FROM organizations_removal
            UNION ALL SELECT id, 'restoration_id' FROM organizations_restoration
        ) AS record
        WHERE 1 <> (
            SELECT count(*) FROM organizations_event AS event
            WHERE event.data ->> record.key = record.id
        )
        UNION ALL
        SELECT event.id FROM organizations_event AS event
        WHERE type = 'member.removed' AND NOT EXISTS (
                SELECT FROM organizations_removal WHERE id = event.data ->> 'removal_id'
            )
            OR type = 'member.restored' AND NOT EXISTS (
                SELECT FROM organizations_restoration WHERE id = event.data ->> 'restoration_id'
            )
    """,
    "5. who was restored is who was removed, where they were": """
        SELECT restoration.id FROM organizations_restoration AS restoration
        JOIN organizations_removal AS removal ON removal.id = restoration.removal_id
        JOIN organizations_membership AS before ON before.id = removal.membership_id
        JOIN organizations_membership AS since ON since.id = restoration.membership_id
        WHERE (before.organization_id, before.user_id) <> (since.organization_id, since.user_id)
    """,
    "6. an organization that had an owner has an active one": f"""
        SELECT organization.id FROM organizations_organization AS organization
        WHERE NOT EXISTS (
                {_OWNERS} AND account.is_active AND membership.deactivated_at IS NULL
            )
            AND (EXISTS ({_OWNERS}) OR EXISTS (
                SELECT FROM organizations_removal AS removal
                JOIN organizations_role AS role ON role.is_owner
                    AND removal.roles @> jsonb_build_array(jsonb_build_object('id', role.id))
                WHERE removal.organization_id = organization.id
                    AND role.organization_id = organization.id
            ))
    """,  # noqa: S608 (its own text)
    "7. every organization has its Owner role": """
        SELECT id FROM organizations_organization AS organization WHERE NOT EXISTS (
            SELECT FROM organizations_role WHERE organization_id = organization.id AND is_owner
        )
    """,
}


def broken_invariants() -> list[str]:
    """Return the names of the invariants that do not hold at this moment, in one statement."""
    question = " UNION ALL ".join(
        f"SELECT {number} WHERE EXISTS ({query})"
        for number, query in enumerate(INVARIANTS.values())
    )
    with connection.cursor() as cursor:
        cursor.execute(question)
        return [list(INVARIANTS)[number] for (number,) in cursor.fetchall()]
