-- What removal.sql goes on from, and guards.py looks at alone: whom, of those who are asked for, a
-- removal would refuse, and why (the contract's checks 5 to 8), as if they left in the order given.
-- "gone" are memberships of owners that an earlier part of a preview has ended; there are ids of
-- removals only where there is a removal.
--
-- Each member is looked up by index, and no list of members is scanned for each of them: so the time
-- is proportional to their number, whatever plan PostgreSQL chooses.
member AS (
    SELECT membership.id, asked.*
    FROM (
        SELECT user_id, department_id, removal_id, place
        FROM unnest(
            %(user_ids)s::text[], %(department_ids)s::text[], %(removal_ids)s::text[]
        ) WITH ORDINALITY AS asked (user_id, department_id, removal_id, place)
        ORDER BY user_id COLLATE "C"
    ) AS asked
    CROSS JOIN LATERAL (
        SELECT id
        FROM organizations_membership
        WHERE organization_id = %(organization_id)s AND user_id = asked.user_id
            AND deleted_at IS NULL
        LIMIT 1
        {lock}
    ) AS membership
),
-- What can stand in the way: the Owner role, every role with a capability outside the caller's, and
-- a department that the organization does not have.
holder AS (
    SELECT member.*, decisive.is_owner, decisive.lacking,
        department_id IS NULL OR EXISTS (
            SELECT
            FROM organizations_department AS department
            WHERE department.id = member.department_id
                AND department.organization_id = %(organization_id)s
        ) AS has_target
    FROM member
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(role.is_owner), false) AS is_owner,
            array_agg(DISTINCT capability)
                FILTER (
                    WHERE capability IS NOT NULL AND capability <> ALL (%(authority)s::varchar[])
                ) AS lacking
        FROM organizations_roleassignment AS assignment
        JOIN organizations_role AS role ON role.id = assignment.role_id
        LEFT JOIN unnest(role.capabilities) AS capability ON true
        WHERE assignment.membership_id = member.id
            AND (role.is_owner OR NOT role.capabilities <@ %(authority)s::varchar[])
    ) AS decisive
),
leaving_owner AS (
    SELECT holder.id, holder.place, account.is_active
    FROM holder
    JOIN users_user AS account ON account.id = holder.user_id
    WHERE holder.is_owner AND holder.lacking IS NULL AND holder.has_target
),
verdict AS (
    SELECT
        id, user_id, department_id, removal_id, lacking,
        CASE
            WHEN lacking IS NOT NULL THEN 'INSUFFICIENT_PERMISSIONS'
            -- Of the last owners stays the one with an active account who would go last; where no
            -- account of theirs is active, all stay. Migration 0006 has the function.
            WHEN is_owner
                AND place = coalesce((SELECT max(place) FROM leaving_owner WHERE is_active), place)
                AND NOT organizations_owner_remains(
                    %(organization_id)s,
                    %(gone)s::bigint[] || id || ARRAY(SELECT id FROM leaving_owner)
                )
                THEN 'LAST_OWNER_CANNOT_BE_REMOVED'
            WHEN NOT has_target THEN 'DEPARTMENT_NOT_FOUND'
        END AS refusal
    FROM holder
)
