-- The rules that no constraint can state, each once: guards.sql calls the first, the triggers the
-- others (organizations/triggers.py says when).
--
-- A migration runs this file as a whole (0001, 0007 and 0014), so a change of a rule needs a new
-- migration that runs it again. Parameters begin with p_, so that they are not mistaken for columns.
--
-- Where a function turns "enable_seqscan" off: a connection keeps the plan of its first call, which
-- may come while a table is almost empty, and each call would read the whole table from then on.
-- What is called for each row is in PL/pgSQL, since the plan of an SQL function is made each time.

-- The owner rule: whether an organization has an active owner other than these memberships. An active
-- owner is an active member whose account is not disabled. The role is looked up first: otherwise
-- PostgreSQL expects as many owners as holders of any role, and reads all assignments to find one.
CREATE OR REPLACE FUNCTION organizations_owner_remains(p_organization_id varchar, p_leaving bigint[])
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
                WHERE role.organization_id = p_organization_id AND role.is_owner
            )
            AND membership.is_active
            AND account.is_active
            AND membership.id <> ALL (p_leaving)
    )
$$;

-- Refuse a change that leaves one of these organizations without an active owner. Of two transactions
-- that are each allowed alone, the second waits here for the first, and then sees what it did.
CREATE OR REPLACE FUNCTION organizations_keep_an_owner(p_organization_ids varchar[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    ownerless text;
BEGIN
    IF p_organization_ids = '{}' THEN
        RETURN;  -- few members are owners
    END IF;
    PERFORM FROM organizations_organization AS organization
    WHERE organization.id = ANY (p_organization_ids)
    ORDER BY organization.id
    FOR NO KEY UPDATE;
    SELECT string_agg(organization.name, ', ' ORDER BY organization.id) INTO ownerless
    FROM organizations_organization AS organization
    WHERE organization.id = ANY (p_organization_ids)
        AND NOT organizations_owner_remains(organization.id, '{}');
    IF ownerless IS NOT NULL THEN
        RAISE EXCEPTION 'the organization would be left without an active owner'
            USING ERRCODE = 'restrict_violation',
            HINT = 'Make somebody else an owner of ' || ownerless || ' first.';
    END IF;
END
$$;

-- Lock a new owner until the commit, so that nobody deactivates them or disables their account before
-- it is visible that they are an owner.
CREATE OR REPLACE FUNCTION organizations_hold_new_owner(p_membership_id bigint) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    owner_id varchar;
BEGIN
    SELECT user_id INTO owner_id
    FROM organizations_membership WHERE id = p_membership_id FOR SHARE;
    PERFORM FROM users_user WHERE id = owner_id FOR SHARE;
END
$$;

-- The organizations that a member owns by their roles.
CREATE OR REPLACE FUNCTION organizations_owned_through(p_membership_id bigint) RETURNS varchar[]
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

-- Refuse to delete the Owner role of an organization that stays.
CREATE OR REPLACE FUNCTION organizations_keep_owner_role(p_organization_id varchar) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT FROM organizations_organization WHERE id = p_organization_id) THEN
        RAISE EXCEPTION 'every organization has its Owner role'
            USING ERRCODE = 'restrict_violation', HINT = 'Delete another role.';
    END IF;
END
$$;

-- Refuse an erased account as a member. The lock waits for an erasure, which the query then sees.
CREATE OR REPLACE FUNCTION organizations_refuse_erased(p_user_id varchar) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM users_user WHERE id = p_user_id FOR SHARE;
    IF EXISTS (SELECT FROM users_user WHERE id = p_user_id AND erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'an erased account is added nowhere'
            USING ERRCODE = 'check_violation', HINT = 'Whoever comes back gets a new account.';
    END IF;
END
$$;

-- Whether a membership is a later one of the user whom a removal removed. Its columns never change.
CREATE OR REPLACE FUNCTION organizations_comes_back(p_removal_id varchar, p_membership_id bigint)
RETURNS boolean
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
AS $$
DECLARE
    former organizations_membership;
    restored organizations_membership;
BEGIN
    -- Each by its key: how a join is done would depend on what is known of the tables.
    SELECT membership_id INTO former.id FROM organizations_removal WHERE id = p_removal_id;
    SELECT * INTO former FROM organizations_membership WHERE id = former.id;
    SELECT * INTO restored FROM organizations_membership WHERE id = p_membership_id;
    RETURN coalesce(
        restored.organization_id = former.organization_id
            AND restored.user_id = former.user_id
            AND restored.id > former.id,
        false
    );
END
$$;

-- Refuse a resource to a user who is no active member of its organization. Each owner's membership is
-- locked until the commit: a removal waits, and then finds the resource. The arrays go in pairs.
CREATE OR REPLACE FUNCTION organizations_hold_resource_owners(
    p_organization_ids varchar[], p_owner_ids varchar[]
) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    held bigint[];
    stranger varchar;
BEGIN
    IF p_owner_ids IS NULL THEN
        RETURN;  -- all passes to departments
    END IF;
    -- Each user's memberships by themselves: a join would compare each owner with each member where
    -- PostgreSQL expects one row.
    SELECT array_agg(membership.id) INTO held
    FROM (
        SELECT DISTINCT organization_id, owner_id
        FROM unnest(p_organization_ids, p_owner_ids) AS given (organization_id, owner_id)
    ) AS given
    CROSS JOIN LATERAL (
        SELECT id, organization_id
        FROM organizations_membership
        WHERE user_id = given.owner_id
        OFFSET 0
    ) AS membership
    WHERE membership.organization_id = given.organization_id;
    WITH active AS MATERIALIZED (
        SELECT organization_id, user_id
        FROM organizations_membership
        WHERE id = ANY (held) AND is_active
        ORDER BY user_id, organization_id
        FOR SHARE
    )
    SELECT min(owner_id) INTO stranger
    FROM (
        SELECT organization_id, owner_id
        FROM unnest(p_organization_ids, p_owner_ids) AS given (organization_id, owner_id)
        EXCEPT TABLE active
    ) AS strangers;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'a resource is given to an active member of its organization alone'
            USING ERRCODE = 'check_violation', HINT = stranger || ' is none.';
    END IF;
END
$$;

-- Refuse a mark that names no removal, or one of another organization. Removals are never deleted, so
-- one set operation for a statement replaces a foreign key that is checked for each row: a removal
-- of twenty resources takes a tenth less of the server's time.
CREATE OR REPLACE FUNCTION organizations_hold_marks(
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
