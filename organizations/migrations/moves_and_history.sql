-- What triggers ask of each row. A connection keeps the plan of its first call, which may come while
-- a table is almost empty: without the setting each row would read the table from then on. In
-- PL/pgSQL, since the plan of an SQL function is made for each row.

-- The organizations that a member owns by their roles.
CREATE FUNCTION organizations_owned_through(p_membership_id bigint) RETURNS varchar[]
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
AS $$
BEGIN
    RETURN ARRAY(
        SELECT role.organization_id
        FROM organizations_roleassignment AS assignment
        JOIN organizations_role AS role ON role.id = assignment.role_id
        WHERE assignment.membership_id = p_membership_id AND role.is_owner
    );
END
$$;

-- Whether a membership is a later one of whom a removal removed. What it looks at never changes.
CREATE FUNCTION organizations_comes_back(p_removal_id varchar, p_membership_id bigint)
RETURNS boolean
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
AS $$
BEGIN
    RETURN EXISTS (
        SELECT
        FROM organizations_removal AS removal
        JOIN organizations_membership AS former ON former.id = removal.membership_id
        JOIN organizations_membership AS restored ON restored.id = p_membership_id
        WHERE removal.id = p_removal_id
            AND restored.organization_id = former.organization_id
            AND restored.user_id = former.user_id
            AND restored.id > former.id
    );
END
$$;

-- Refuse a mark of a removal that there is not, or that is of another organization. Removals are never
-- deleted, so a set operation once a statement does what a foreign key would do for each row: a
-- removal of twenty resources takes a tenth less of the server's time.
CREATE FUNCTION organizations_hold_marks(
    p_organization_ids varchar[], p_removal_ids varchar[]
) RETURNS void
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
AS $$
DECLARE
    unknown varchar;
BEGIN
    IF p_removal_ids IS NULL THEN
        RETURN;
    END IF;
    SELECT min(mark.removal_id) INTO unknown
    FROM unnest(p_organization_ids, p_removal_ids) AS mark (organization_id, removal_id)
    WHERE NOT EXISTS (
        SELECT
        FROM organizations_removal AS removal
        WHERE removal.id = mark.removal_id
            AND removal.organization_id = coalesce(mark.organization_id, removal.organization_id)
    );
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'a resource is moved by a removal of its organization alone'
            USING ERRCODE = 'check_violation', HINT = unknown || ' is none.';
    END IF;
END
$$;

-- Refuse a resource to whoever is no active member of its organization, as before, but by a set
-- operation and by index, whatever was there when the plan was made.
CREATE OR REPLACE FUNCTION organizations_hold_resource_owners(
    p_organization_ids varchar[], p_owner_ids varchar[]
) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    stranger varchar;
BEGIN
    IF p_owner_ids IS NULL THEN
        RETURN;  -- all passes to departments
    END IF;
    WITH given AS (
        SELECT DISTINCT organization_id, owner_id
        FROM unnest(p_organization_ids, p_owner_ids) AS given (organization_id, owner_id)
    ),
    active AS MATERIALIZED (
        SELECT membership.organization_id, membership.user_id
        FROM given
        JOIN organizations_membership AS membership
            ON membership.organization_id = given.organization_id
            AND membership.user_id = given.owner_id
        WHERE membership.is_active
        ORDER BY membership.user_id, membership.organization_id
        FOR SHARE OF membership
    )
    SELECT min(owner_id) INTO stranger
    FROM (TABLE given EXCEPT TABLE active) AS strangers;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'a resource is given to an active member of its organization alone'
            USING ERRCODE = 'check_violation', HINT = stranger || ' is none.';
    END IF;
END
$$;
