-- Decides which members an act may not be done to, and why, if they leave in the order given: by the
-- caller (the contract's checks 2, 3 and 6), the remaining owner (7) and the target (8). It follows
-- standing.sql in the same statement. A preview or another act runs this alone; in a removal,
-- removal.sql continues from "verdict".
--
-- A caller who is no person has no "caller_id": their "authority" was read before, in Python.
-- "already_leaving" are memberships of owners that an earlier part of a preview would have ended;
-- "removal_ids" is empty except in a removal; "keeps_owner" turns the owner rule on.
--
-- Each member is looked up by index, and no list of members is scanned for each of them, so the
-- time is proportional to their number, whatever plan PostgreSQL chooses.
caller AS (
    SELECT
        %(caller_id)s::varchar IS NULL
            OR token_works AND is_member
            AND (cardinality(%(needed)s::varchar[]) = 0 OR capabilities && %(needed)s::varchar[])
            AS may_act,
        CASE
            WHEN %(caller_id)s::varchar IS NULL THEN %(authority)s::varchar[] ELSE capabilities
        END AS authority
    FROM standing
),
member AS (
    SELECT id, user_id, department_id, heir_id, removal_id, position
    FROM unnest(
        %(membership_ids)s::bigint[], %(user_ids)s::text[], %(department_ids)s::text[],
        %(heir_ids)s::text[], %(removal_ids)s::text[]
    ) WITH ORDINALITY AS member (id, user_id, department_id, heir_id, removal_id, position)
),
-- An heir is an active member whose own removal is not requested.
heir AS (
    SELECT membership.user_id
    FROM organizations_membership AS membership
    WHERE membership.user_id = ANY (%(heir_ids)s::varchar[])
        AND membership.organization_id = %(organization_id)s
        AND membership.is_active
        AND membership.user_id <> ALL (%(leaving_ids)s::varchar[])
),
-- What can prevent a removal: the Owner role, a role with a capability that the caller lacks, and a
-- department or an heir that the organization does not have.
holder AS (
    SELECT member.*, caller.may_act, decisive.is_owner, decisive.lacking,
        department_id IS NULL OR EXISTS (
            SELECT
            FROM organizations_department AS department
            WHERE department.id = member.department_id
                AND department.organization_id = %(organization_id)s
        ) AS has_department,
        heir_id IS NULL OR heir_id IN (SELECT user_id FROM heir) AS has_heir
    FROM member
    CROSS JOIN caller
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(role.is_owner), false) AS is_owner,
            array_agg(DISTINCT capability)
                FILTER (
                    WHERE capability IS NOT NULL AND capability <> ALL (caller.authority)
                ) AS lacking
        FROM organizations_roleassignment AS assignment
        JOIN organizations_role AS role ON role.id = assignment.role_id
        LEFT JOIN unnest(role.capabilities) AS capability ON true
        WHERE assignment.membership_id = member.id
            AND (role.is_owner OR NOT role.capabilities <@ caller.authority)
    ) AS decisive
),
leaving_owner AS (
    SELECT holder.id, holder.position, membership.is_active AND account.is_active AS is_active
    FROM holder
    JOIN organizations_membership AS membership ON membership.id = holder.id
    JOIN users_user AS account ON account.id = holder.user_id
    WHERE holder.may_act AND holder.is_owner AND holder.lacking IS NULL
        AND holder.has_department AND holder.has_heir
),
verdict AS (
    SELECT
        id, user_id, department_id, heir_id, removal_id, lacking,
        CASE
            WHEN NOT may_act THEN 'CALLER_REFUSED'
            WHEN lacking IS NOT NULL THEN 'INSUFFICIENT_PERMISSIONS'
            -- If all the remaining owners would leave, the active one who would leave last stays;
            -- if none of them is active, all stay.
            WHEN is_owner AND %(keeps_owner)s::boolean
                AND position = coalesce(
                    (SELECT max(position) FROM leaving_owner WHERE is_active), position
                )
                AND NOT organizations_owner_remains(
                    %(organization_id)s,
                    %(already_leaving)s::bigint[] || id || ARRAY(SELECT id FROM leaving_owner)
                )
                THEN 'LAST_OWNER_CANNOT_BE_REMOVED'
            WHEN NOT has_department THEN 'DEPARTMENT_NOT_FOUND'
            WHEN NOT has_heir THEN 'TRANSFER_USER_NOT_FOUND'
        END AS refusal
    FROM holder
)
