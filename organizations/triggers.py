"""The one invariant that no constraint can state: an organization keeps an owner.

Every way to take the Owner role ends in a deleted or changed role assignment, since the database
lets no removed member hold one. So the check hangs there, once for each statement, whoever sent
it: a removal, the admin, a shell.
"""

import pgtrigger

# The row lock makes two who take an organization's last two owners at once wait for each other;
# the check after it sees what the first of them did.
_KEEP_AN_OWNER = """
    PERFORM 1 FROM organizations_organization AS organization
    WHERE organization.id IN (
        SELECT role.organization_id
        FROM taken JOIN organizations_role AS role ON role.id = taken.role_id
        WHERE role.is_owner
    )
    ORDER BY organization.id
    FOR NO KEY UPDATE;
    IF FOUND AND EXISTS (
        SELECT FROM taken JOIN organizations_role AS role ON role.id = taken.role_id
        WHERE role.is_owner AND NOT EXISTS (
            SELECT FROM organizations_roleassignment AS assignment
            JOIN organizations_membership AS membership ON membership.id = assignment.membership_id
            JOIN users_user AS account ON account.id = membership.user_id
            WHERE assignment.role_id = role.id AND account.is_active
        )
    ) THEN
        RAISE EXCEPTION 'the organization would be left without an active owner'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
"""

keep_an_owner = [
    pgtrigger.Trigger(
        name=f"owner_stays_on_{str(operation).lower()}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(old="taken"),  # type: ignore[no-untyped-call]
        func=_KEEP_AN_OWNER,
    )
    for operation in (pgtrigger.Delete, pgtrigger.Update)
]
