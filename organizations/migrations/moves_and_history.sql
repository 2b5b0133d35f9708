-- What triggers ask of each row. A connection keeps the plan of its first call, which may come while
-- a table is almost empty: without the setting each row would read the table from then on.

-- The organizations that a member owns by their roles.
CREATE FUNCTION organizations_owned_through(p_membership_id bigint) RETURNS varchar[]
LANGUAGE sql STABLE
SET enable_seqscan = off
AS $$
    SELECT ARRAY(
        SELECT role.organization_id
        FROM organizations_roleassignment AS assignment
        JOIN organizations_role AS role ON role.id = assignment.role_id
        WHERE assignment.membership_id = p_membership_id AND role.is_owner
    )
$$;

-- Whether a membership is a later one of whom a removal removed. What it looks at never changes.
CREATE FUNCTION organizations_comes_back(p_removal_id varchar, p_membership_id bigint)
RETURNS boolean
LANGUAGE sql STABLE
SET enable_seqscan = off
AS $$
    SELECT EXISTS (
        SELECT
        FROM organizations_removal AS removal
        JOIN organizations_membership AS former ON former.id = removal.membership_id
        JOIN organizations_membership AS restored ON restored.id = p_membership_id
        WHERE removal.id = p_removal_id
            AND restored.organization_id = former.organization_id
            AND restored.user_id = former.user_id
            AND restored.id > former.id
    )
$$;
