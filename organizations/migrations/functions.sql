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
