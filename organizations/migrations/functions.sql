-- What the triggers of the models call (organizations/triggers.py says when), and the guards of a
-- removal: each rule that no constraint can state, once. Parameters begin with p_, so that no column
-- can be mistaken for one.

-- A new id as config.identifiers.generate_id makes it: the milliseconds, then chance, in base 32.
CREATE FUNCTION organizations_generate_id(p_prefix text) RETURNS text
LANGUAGE sql VOLATILE
AS $$
    SELECT p_prefix || '_' || string_agg(
        substr(
            '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
            1 + CASE
                WHEN digit < 10 THEN (milliseconds >> (5 * (9 - digit))) & 31
                ELSE floor(random() * 32)::bigint
            END::int,
            1
        ),
        '' ORDER BY digit
    )
    FROM generate_series(0, 25) AS digit,
        (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS milliseconds) AS now
$$;

-- The rule of owners: whether an organization has an active owner besides some memberships: an
-- active member whose account works. Owners are few, but without a look at who they are PostgreSQL expects as many of them as
-- of any role, and would read the assignments of all to come upon the first.
CREATE FUNCTION organizations_owner_remains(p_organization_id varchar, p_leaving bigint[])
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

-- Refuse what leaves one of these organizations without an active owner. Two transactions, each of
-- which would be right alone, wait here for one another; the second then sees what the first did.
CREATE FUNCTION organizations_keep_an_owner(p_organization_ids varchar[]) RETURNS void
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

-- Keep who is made an owner as they are until the commit: neither deactivated nor disabled by
-- somebody who does not see yet that they are an owner.
CREATE FUNCTION organizations_hold_new_owner(p_membership_id bigint) RETURNS void
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

-- The roles that every organization starts with, however it was made.
CREATE FUNCTION organizations_give_starting_roles(p_organization_id varchar) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO organizations_role
        (id, organization_id, name, name_words, capabilities, is_owner)
    SELECT
        organizations_generate_id('role'), p_organization_id, name, ARRAY[name, lower(name)],
        capabilities, is_owner
    FROM (VALUES
        ('Owner', ARRAY['override_all_permissions'], true),
        ('Admin', ARRAY['override_all_permissions'], false),
        ('Member', ARRAY[]::varchar[], false)
    ) AS starting (name, capabilities, is_owner)
$$;

-- Refuse to delete the Owner role of an organization that stays.
CREATE FUNCTION organizations_keep_owner_role(p_organization_id varchar) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT FROM organizations_organization WHERE id = p_organization_id) THEN
        RAISE EXCEPTION 'every organization has its Owner role'
            USING ERRCODE = 'restrict_violation', HINT = 'Delete another role.';
    END IF;
END
$$;

-- Refuse a resource to whoever is no active member of its organization. Each owner's membership is
-- held until the commit: a removal waits, and then finds the resource. The arrays go in pairs.
CREATE FUNCTION organizations_hold_resource_owners(
    p_organization_ids varchar[], p_owner_ids varchar[]
) RETURNS void
LANGUAGE plpgsql
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
    SELECT owner_id INTO stranger
    FROM given
    WHERE (organization_id, owner_id) NOT IN (SELECT organization_id, user_id FROM active)
    ORDER BY owner_id
    LIMIT 1;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'a resource is given to an active member of its organization alone'
            USING ERRCODE = 'check_violation', HINT = stranger || ' is none.';
    END IF;
END
$$;

-- Refuse an erased account as a member. The lock waits for an erasure; the look after it sees it.
CREATE FUNCTION organizations_refuse_erased(p_user_id varchar) RETURNS void
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
