-- Whom, of those who are asked for, a removal would have to refuse, and why: the contract's checks
-- 5 to 8, decided as if they left in the order given.
asked AS (
    SELECT user_id, department_id, place
    FROM unnest(%(user_ids)s::text[], %(department_ids)s::text[])
        WITH ORDINALITY AS asked (user_id, department_id, place)
),
member AS (
    SELECT membership.id, asked.*
    FROM asked
    JOIN organizations_membership AS membership USING (user_id)
    WHERE membership.organization_id = %(organization_id)s AND membership.deleted_at IS NULL
    ORDER BY membership.id
    {lock}
),
-- What can stand in the way: the Owner role, and every role with a capability outside the caller's.
decisive AS (
    SELECT assignment.membership_id AS id, bool_or(role.is_owner) AS is_owner,
        array_agg(DISTINCT capability ORDER BY capability)
            FILTER (WHERE capability <> ALL (%(authority)s::varchar[])) AS lacking
    FROM member
    JOIN organizations_roleassignment AS assignment ON assignment.membership_id = member.id
    JOIN organizations_role AS role ON role.id = assignment.role_id
    LEFT JOIN unnest(role.capabilities) AS capability ON true
    WHERE role.is_owner OR NOT role.capabilities <@ %(authority)s::varchar[]
    GROUP BY assignment.membership_id
),
leaving_owner AS (
    SELECT member.id, member.place, account.is_active
    FROM decisive
    JOIN member USING (id)
    JOIN users_user AS account ON account.id = member.user_id
    WHERE decisive.is_owner AND decisive.lacking IS NULL
),
-- Of the last owners stays the one with an active account who would go last; if none has, all do.
staying_owner AS (
    SELECT id
    FROM leaving_owner
    WHERE place = coalesce((SELECT max(place) FROM leaving_owner WHERE is_active), place)
        AND NOT EXISTS (
            SELECT
            FROM organizations_role AS role
            JOIN organizations_roleassignment AS assignment ON assignment.role_id = role.id
            JOIN organizations_membership AS membership ON membership.id = assignment.membership_id
            JOIN users_user AS account ON account.id = membership.user_id
            WHERE role.organization_id = %(organization_id)s AND role.is_owner
                AND account.is_active
                AND membership.id <> ALL (%(gone)s::bigint[])
                AND membership.id NOT IN (SELECT id FROM leaving_owner)
        )
),
verdict AS (
    SELECT
        member.*,
        CASE
            WHEN decisive.lacking IS NOT NULL THEN 'INSUFFICIENT_PERMISSIONS'
            WHEN staying_owner.id IS NOT NULL THEN 'LAST_OWNER_CANNOT_BE_REMOVED'
            WHEN member.department_id IS NOT NULL AND department.id IS NULL
                THEN 'DEPARTMENT_NOT_FOUND'
        END AS refusal,
        decisive.lacking
    FROM member
    LEFT JOIN decisive USING (id)
    LEFT JOIN staying_owner USING (id)
    LEFT JOIN organizations_department AS department
        ON department.id = member.department_id
        AND department.organization_id = %(organization_id)s
)
