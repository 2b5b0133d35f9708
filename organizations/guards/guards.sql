-- Decides which members an act may not be done to, and why, if they leave in the order given: by the
-- caller (the contract's checks 2, 3 and 6), the remaining owner (7) and the target (8). It follows
-- standing.sql in the same statement. Previews and other acts end here; in a removal, removal.sql
-- continues from "verdict".
--
-- A caller who is no person has no "caller_id"; Python has read their "authority" before.
-- "already_leaving" are memberships of owners that an earlier part of a preview would have ended;
-- "removal_ids" is empty except in a removal; "keeps_owner" turns the owner rule on.
--
-- Each member is one index look-up, and no list of members is scanned for each member, so the time is
-- proportional to their number with any plan.
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
    SELECT id, user_id, targets, removal_id, position
    FROM unnest(
        %(membership_ids)s::bigint[], %(user_ids)s::text[], %(targets)s::integer[],
        %(removal_ids)s::text[]
    ) WITH ORDINALITY AS member (id, user_id, targets, removal_id, position)
),
-- An heir is an active member who does not leave with this request and whom the service has locked.
heir AS (
    SELECT membership.user_id
    FROM organizations_membership AS membership
    WHERE membership.user_id = ANY (%(heir_ids)s::varchar[])
        AND membership.organization_id = %(organization_id)s
        AND membership.is_active
        AND membership.user_id <> ALL (%(excluded_heirs)s::varchar[])
),
-- The targets with a department or an heir that the organization does not have, and the types of
-- these goals in order: that of the rest, which is null, comes first.
missed AS (
    SELECT targets, array_agg(type ORDER BY type COLLATE "C" NULLS FIRST) AS types
    FROM goal
    WHERE heir_id IS NOT NULL AND heir_id NOT IN (SELECT user_id FROM heir)
        OR department_id IS NOT NULL AND NOT EXISTS (
            SELECT
            FROM organizations_department AS department
            WHERE department.id = goal.department_id
                AND department.organization_id = %(organization_id)s
        )
    GROUP BY targets
),
-- What can prevent a removal: the Owner role, a role with a capability that the caller lacks, and a
-- target that the organization does not have.
holder AS (
    SELECT
        member.*, caller.may_act, decisive.is_owner, decisive.lacking, missed.types AS missed_types
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
    LEFT JOIN missed ON missed.targets = member.targets
),
leaving_owner AS (
    SELECT holder.id, holder.position, membership.is_active AND account.is_active AS is_active
    FROM holder
    JOIN organizations_membership AS membership ON membership.id = holder.id
    JOIN users_user AS account ON account.id = holder.user_id
    WHERE holder.may_act AND holder.is_owner AND holder.lacking IS NULL
        AND holder.missed_types IS NULL
),
verdict AS (
    SELECT
        id, user_id, targets, removal_id, lacking, missed_types,
        CASE
            WHEN NOT may_act THEN 'CALLER_REFUSED'
            WHEN lacking IS NOT NULL THEN 'INSUFFICIENT_PERMISSIONS'
            -- If all remaining owners would leave, the last active one in the order stays; if none
            -- of them is active, all stay.
            WHEN is_owner AND %(keeps_owner)s::boolean
                AND position = coalesce(
                    (SELECT max(position) FROM leaving_owner WHERE is_active), position
                )
                AND NOT organizations_owner_remains(
                    %(organization_id)s,
                    %(already_leaving)s::bigint[] || id || ARRAY(SELECT id FROM leaving_owner)
                )
                THEN 'LAST_OWNER_CANNOT_BE_REMOVED'
            WHEN missed_types IS NOT NULL THEN 'TARGET_NOT_FOUND'
        END AS refusal
    FROM holder
)
